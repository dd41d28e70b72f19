import { parseArgs } from 'node:util';
import { summariseErrors } from '../src/fit/errors.ts';
import { EFFECT_NAMES, type EffectName } from '../src/simulate/effects.ts';
import { besideTable, measuringText } from './recovery/beside-table.ts';
import { recoveryTable } from './recovery/judge.ts';
import { judgePredictions, judgeRecovery } from './recovery/judge-cell.ts';
import { besideSuite, type CellResult, FIRST_UNSEEN_SEED } from './recovery/one-cell.ts';
import { readSuite } from './recovery/suite.ts';

/**
 * Does one cell tell the roofline? Simulated devices (their truths drawn as `ridge simulate` draws them) measured with
 * suites/tomography.yaml on TP 1 in virtual time, fitted from the engine's steps, and judged by the truth, by the cells of
 * suites/roofline.yaml on the same device, and beside the fit of those cells: `--seeds N` from `--first-seed`.
 */
const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    'first-seed': { type: 'string', default: String(FIRST_UNSEEN_SEED) },
    suite: { type: 'string', default: 'suites/tomography.yaml' },
    others: { type: 'string', default: 'suites/roofline.yaml' },
    unseen: { type: 'string', default: 'suites/quick.yaml' },
    verbose: { type: 'boolean', default: false },
  },
});
const suite = readSuite(flags.suite);
const others = { roofline: readSuite(flags.others), unseen: readSuite(flags.unseen) };
const seeds = Array.from({ length: Number(flags.seeds) }, (_, index) => Number(flags['first-seed']) + index);

function recoverAll(effects: readonly EffectName[]): CellResult[] {
  return seeds.map((seed) => {
    const result = besideSuite(suite, others, seed, effects);
    if (flags.verbose) console.error(describe(result));
    return result;
  });
}

function describe({ oneCell }: CellResult): string {
  const { seed, roofline, recovered, cellSeconds, fitSeconds, leftOut } = oneCell;
  const { ttft_ms, tpot_ms } = summariseErrors(roofline);
  const outside = recovered.filter(({ state, inside }) => state === 'identified' && !inside);
  return [
    `seed ${seed}: cell ${cellSeconds.toFixed(0)} s, fit ${fitSeconds.toFixed(1)} s`,
    `TTFT ${ttft_ms?.mape.toFixed(1)} % TPOT ${tpot_ms?.mape.toFixed(1)} %`,
    `outside: ${outside.map((one) => `${one.name} x${one.ratio.toFixed(3)}`).join(', ') || 'none'}`,
    ...leftOut,
  ].join('; ');
}

function printPart(results: readonly CellResult[]): void {
  const oneCell = results.map((result) => result.oneCell);
  console.log(recoveryTable(oneCell));
  const errors = summariseErrors(oneCell.flatMap(({ roofline }) => roofline));
  for (const [metric, one] of Object.entries(errors)) {
    console.log(
      `  ${metric.padEnd(20)} n ${one.n}  MAPE ${one.mape.toFixed(2)} %  bias ${one.bias.toFixed(2)} %  inside their 90 % interval ${one.coverage_90.toFixed(0)} %`,
    );
  }
  console.log(`\nbeside the fit of ${flags.others}, ${measuringText(results)}`);
  console.log(besideTable(results));
}

console.log(
  `one cell: ${flags.suite}, TP 1, ${seeds.length} seeds from ${seeds[0]} in virtual time; then ${flags.others} predicted\n`,
);
console.log('extra effects off');
const clean = recoverAll([]);
printPart(clean);
console.log('\nextra effects on');
const real = recoverAll(EFFECT_NAMES);
printPart(real);
console.log('');
const verdicts = [...judgeRecovery(clean.map(({ oneCell }) => oneCell)), ...judgePredictions(real)];
for (const { target, seen, pass } of verdicts) console.log(`${pass ? 'pass' : 'FAIL'}  ${target}: ${seen}`);
process.exitCode = verdicts.every(({ pass }) => pass) ? 0 : 1;
