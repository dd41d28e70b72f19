import { type CellError, summariseErrors } from '../../src/fit/errors.ts';
import { recoveryTable, type Verdict } from './judge.ts';
import { type PaddedFit, recoverPadded } from './padded-seed.ts';
import { readSuite } from './suite.ts';

/** What must hold where the sizes are known, percent. */
const LIMITS = { tpot_mape: 1, ttft_mape: 3, coverage: [80, 100], told: 90 } as const;

/** Devices that pad their steps, drawn by seed: how parameters and unseen cells come back with and without the sizes. Prints as it goes. */
export function paddedTable(seeds: readonly number[]): Verdict[] {
  const suite = readSuite('suites/padding.yaml');
  const results = seeds.map((seed) => recoverPadded(suite, seed, []));
  const [least, most] = LIMITS.coverage;
  console.log('sizes read');
  const read = shown(results.map((one) => one.read));
  console.log('\nas if nothing were padded');
  shown(results.map((one) => one.without));
  const told = percent(results, ({ told: one }) => one);
  const identified = results.flatMap(({ read: { recovered } }) =>
    recovered.filter(({ state }) => state === 'identified'),
  );
  const inside = percent(identified, (one) => one.inside);
  const within = (what: string, mape: number | undefined, limit: number): Verdict => ({
    target: `sizes read: ${what} of unseen cells within ${limit} % in the mean`,
    seen: `${mape?.toFixed(2)} %`,
    pass: mape !== undefined && mape <= limit,
  });
  return [
    {
      target: `sizes read: ${least} to ${most} % of the parameters' 90 % intervals contain the truth`,
      seen: `${inside.toFixed(0)} % of ${identified.length}`,
      pass: inside >= least && inside <= most,
    },
    within('TPOT', read.tpot_ms?.mape, LIMITS.tpot_mape),
    within('TTFT', read.ttft_ms?.mape, LIMITS.ttft_mape),
    {
      target: `the staircase tells the sizes in ${LIMITS.told} % of the seeds`,
      seen: `${told.toFixed(0)} %`,
      pass: told >= LIMITS.told,
    },
  ];
}

const percent = <T>(all: readonly T[], holds: (one: T) => boolean): number =>
  (100 * all.filter(holds).length) / Math.max(1, all.length);

function shown(fits: readonly PaddedFit[]) {
  console.log(recoveryTable(fits));
  const errors = summariseErrors(fits.flatMap(({ heldOut }): readonly CellError[] => heldOut));
  for (const [metric, one] of Object.entries(errors)) {
    console.log(
      `  ${metric.padEnd(20)} n ${one.n}  MAPE ${one.mape.toFixed(2)} %  bias ${one.bias.toFixed(2)} %  inside their 90 % interval ${one.coverage_90.toFixed(0)} %`,
    );
  }
  return errors;
}
