import { parseArgs } from 'node:util';
import { RidgeError } from '../src/errors.ts';
import { summariseErrors } from '../src/fit/errors.ts';
import { EFFECT_NAMES } from '../src/simulate/effects.ts';
import { judge, recoveryTable, type Verdict } from './recovery/judge.ts';
import { judgeRecovery } from './recovery/judge-cell.ts';
import { FIRST_UNSEEN_SEED, recoverFromCell } from './recovery/one-cell.ts';
import { recoverSeed, type SeedResult } from './recovery/one-seed.ts';
import { paddedStepsTable } from './recovery/padded-steps.ts';
import { paddedTable } from './recovery/padded-table.ts';
import { overSockets } from './recovery/sockets.ts';
import { speculativeTable } from './recovery/speculative-table.ts';
import { readSuite } from './recovery/suite.ts';

/**
 * Does a fit find the truth? Simulated devices with known parameters, measured with suites/roofline.yaml on TP 1 and 2:
 * `--seeds N` of them (from `--first-seed`) in virtual time, then as many from the engine's steps in one cell of
 * suites/tomography.yaml on TP 1, then as many that speculate (suites/speculative.yaml beside the roofline's, unseen cells of
 * another number of proposed tokens and of suites/cached.yaml; `npm run bench:speculation` alone), then some that pad their steps
 * (suites/padding.yaml; then the steps of one cell), then one over sockets (about a quarter of an hour; `--no-sockets` leaves it out). `--only PART` runs one of
 * `suite`, `cell`, `speculation`, `padding` and `sockets`; repeatable.
 */
const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    'first-seed': { type: 'string', default: '1' },
    suite: { type: 'string', default: 'suites/roofline.yaml' },
    'one-cell': { type: 'string', default: 'suites/tomography.yaml' },
    sockets: { type: 'boolean', default: true },
    only: { type: 'string', multiple: true },
    verbose: { type: 'boolean', default: false },
  },
  allowNegative: true,
});
/** A seed of these takes several fits. */
const MOST_PADDED = 8;
const suite = readSuite(flags.suite);
const seeds = Array.from({ length: Number(flags.seeds) }, (_, index) => Number(flags['first-seed']) + index);

function recoverAll(effects: Parameters<typeof recoverSeed>[2]): SeedResult[] {
  return seeds.map((seed) => {
    const result = recoverSeed(suite, seed, effects);
    if (flags.verbose) {
      const unknown = result.recovered.filter((one) => one.state !== 'identified');
      const outside = result.recovered.filter((one) => one.state === 'identified' && !one.inside);
      console.error(
        `seed ${seed}: ${result.seconds.toFixed(1)} s, factors ${result.factors.ttft.toFixed(1)} ${result.factors.tpot.toFixed(1)} misfit ${(100 * result.misfit.ttft).toFixed(1)} / ${(100 * result.misfit.tpot).toFixed(1)} %`,
        `left out: ${result.leftOut.join(', ') || 'none'};`,
        `not identified: ${unknown.map((one) => `${one.name} (${one.state})`).join(', ') || 'none'};`,
        `outside: ${outside.map((one) => `${one.name} x${one.ratio.toFixed(3)}`).join(', ') || 'none'}`,
      );
    }
    return result;
  });
}

function printPredictions(results: readonly SeedResult[]): void {
  const errors = summariseErrors(results.flatMap((result) => result.holdOut));
  for (const [metric, one] of Object.entries(errors)) {
    console.log(
      `  ${metric.padEnd(20)} n ${one.n}  MAPE ${one.mape.toFixed(2)} %  bias ${one.bias.toFixed(2)} %  inside their 90 % interval ${one.coverage_90.toFixed(0)} %`,
    );
  }
}

function show(verdicts: readonly Verdict[]): readonly Verdict[] {
  for (const { target, seen, pass } of verdicts) console.log(`${pass ? 'pass' : 'FAIL'}  ${target}: ${seen}`);
  return verdicts;
}

function ofSuite(): readonly Verdict[] {
  console.log(
    `recovery: ${flags.suite}, TP 1 and 2, ${seeds.length} seeds in virtual time, extra effects off\n`,
  );
  const clean = recoverAll([]);
  console.log(`${recoveryTable(clean)}\n`);
  const verdicts = show(judge(clean));
  console.log('\nunseen cells, effects off');
  printPredictions(clean);
  console.log(
    '\nunseen cells, effects on (kernel-size steps, step jitter, stalls, requests arriving within a step)',
  );
  const real = recoverAll(EFFECT_NAMES);
  printPredictions(real);
  console.log('\nparameters, effects on: the fitted form does not contain what this device does');
  console.log(recoveryTable(real));
  return verdicts;
}

function ofOneCell(): readonly Verdict[] {
  console.log(
    `\none cell: ${flags['one-cell']}, TP 1, ${seeds.length} seeds in virtual time, extra effects off\n`,
  );
  const tomography = readSuite(flags['one-cell']);
  const fits = seeds.map((_, index) => recoverFromCell(tomography, FIRST_UNSEEN_SEED + index, []));
  console.log(`${recoveryTable(fits)}\n`);
  return show(judgeRecovery(fits));
}

function ofSpeculation(): readonly Verdict[] {
  console.log('\nspeculative decoding, TP 1: two and five proposed tokens measured, extra effects off\n');
  return show(speculativeTable(seeds));
}

function ofPadding(): readonly Verdict[] {
  console.log('\npadded steps, TP 1: suites/padding.yaml, extra effects off\n');
  const few = seeds.slice(0, MOST_PADDED);
  return [...show(paddedTable(few)), ...show(paddedStepsTable(readSuite(flags['one-cell']), few))];
}

async function ofSockets(): Promise<readonly Verdict[]> {
  console.log('\none device over sockets, the same cells with shorter windows and without the saturated one');
  console.log(await overSockets(suite));
  return [];
}

const PARTS = {
  suite: ofSuite,
  cell: ofOneCell,
  speculation: ofSpeculation,
  padding: ofPadding,
  sockets: ofSockets,
} as const;

const unknown = flags.only?.find((part) => !Object.hasOwn(PARTS, part));
if (unknown !== undefined) {
  throw new RidgeError(`--only: no part '${unknown}'`, { mend: `Parts: ${Object.keys(PARTS).join(', ')}.` });
}
const wanted = (part: string): boolean =>
  flags.only === undefined ? part !== 'sockets' || flags.sockets : flags.only.includes(part);
const verdicts: Verdict[] = [];
for (const [part, run] of Object.entries(PARTS)) if (wanted(part)) verdicts.push(...(await run()));
process.exitCode = verdicts.every(({ pass }) => pass) ? 0 : 1;
