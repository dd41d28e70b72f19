import { parseArgs } from 'node:util';
import { errorsAfter, poolOf, type SeedErrors } from './next/one-seed.ts';

/** How well a few chosen cells predict the rest of a grid, beside many random ones: mean errors over simulated devices. */
const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '5' }, first: { type: 'string', default: '1' } },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, k) => Number(values.first) + k);
const results = seeds.map((seed) => {
  const began = performance.now();
  const errors = errorsAfter(poolOf(seed), seed);
  console.log(`seed ${seed} (${((performance.now() - began) / 1e3).toFixed(0)} s)`);
  for (const [name, one] of Object.entries(errors)) console.log(`  ${name.padEnd(18)} ${line(one)}`);
  return errors;
});
console.log(`mean over ${seeds.length} seeds`);
for (const name of Object.keys(results[0]!)) {
  const all = results.map((result) => result[name]!);
  const mean = (read: (one: SeedErrors) => number): number =>
    all.reduce((sum, one) => sum + read(one), 0) / all.length;
  console.log(
    `  ${name.padEnd(18)} ${line({ ttft: mean((one) => one.ttft), tpot: mean((one) => one.tpot), minutes: mean((one) => one.minutes), cells: mean((one) => one.cells) })}`,
  );
}

function line({ ttft, tpot, minutes, cells }: SeedErrors): string {
  return `TTFT ${ttft.toFixed(2)} %, TPOT ${tpot.toFixed(2)} %, ${minutes.toFixed(1)} min, ${cells.toFixed(0)} cells`;
}
