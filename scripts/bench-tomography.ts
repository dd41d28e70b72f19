import { parseArgs } from 'node:util';
import { summariseErrors } from '../src/fit/errors.ts';
import { EFFECT_NAMES, type EffectName } from '../src/simulate/effects.ts';
import { recoveryTable } from './recovery/judge.ts';
import { judgeCells } from './recovery/judge-cell.ts';
import { type CellResult, recoverFromCell } from './recovery/one-cell.ts';
import { readSuite } from './recovery/suite.ts';

/**
 * Does one cell tell the roofline? Simulated devices (their truths drawn as `ridge simulate` draws them) measured with
 * suites/tomography.yaml on TP 1 in virtual time, fitted from the engine's steps, and judged by the truth and by the cells of
 * suites/roofline.yaml on the same device: `--seeds N` from `--first-seed`.
 */
const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    'first-seed': { type: 'string', default: '1' },
    suite: { type: 'string', default: 'suites/tomography.yaml' },
    others: { type: 'string', default: 'suites/roofline.yaml' },
    verbose: { type: 'boolean', default: false },
  },
});
const suite = readSuite(flags.suite);
const others = readSuite(flags.others);
const seeds = Array.from({ length: Number(flags.seeds) }, (_, index) => Number(flags['first-seed']) + index);

function recoverAll(effects: readonly EffectName[]): CellResult[] {
  return seeds.map((seed) => {
    const result = recoverFromCell(suite, others, seed, effects);
    if (flags.verbose) console.error(describe(result));
    return result;
  });
}

function describe({ seed, others: errors, recovered, cellSeconds, fitSeconds, leftOut }: CellResult): string {
  const { ttft_ms, tpot_ms } = summariseErrors(errors);
  const outside = recovered.filter(({ state, inside }) => state === 'identified' && !inside);
  return [
    `seed ${seed}: cell ${cellSeconds.toFixed(0)} s, fit ${fitSeconds.toFixed(1)} s`,
    `TTFT ${ttft_ms?.mape.toFixed(1)} % TPOT ${tpot_ms?.mape.toFixed(1)} %`,
    `outside: ${outside.map((one) => `${one.name} x${one.ratio.toFixed(3)}`).join(', ') || 'none'}`,
    ...leftOut,
  ].join('; ');
}

function printPart(results: readonly CellResult[]): void {
  console.log(recoveryTable(results));
  for (const [metric, one] of Object.entries(summariseErrors(results.flatMap((result) => result.others)))) {
    console.log(
      `  ${metric.padEnd(20)} n ${one.n}  MAPE ${one.mape.toFixed(2)} %  bias ${one.bias.toFixed(2)} %  inside their 90 % interval ${one.coverage_90.toFixed(0)} %`,
    );
  }
}

console.log(
  `one cell: ${flags.suite}, TP 1, ${seeds.length} seeds in virtual time; then ${flags.others} predicted\n`,
);
console.log('extra effects off');
const clean = recoverAll([]);
printPart(clean);
console.log('\nextra effects on');
const real = recoverAll(EFFECT_NAMES);
printPart(real);
console.log('');
const verdicts = judgeCells(clean, real);
for (const { target, seen, pass } of verdicts) console.log(`${pass ? 'pass' : 'FAIL'}  ${target}: ${seen}`);
process.exitCode = verdicts.every(({ pass }) => pass) ? 0 : 1;
