import { expect, test } from 'vitest';
import { observationsFromRuns, type RunCells } from '../../../src/fit/from-runs.ts';
import { OF_MEANS } from '../../../src/fit/steps/use-steps.ts';
import { REASON_CODES, type Reason } from '../../../src/measure/reasons.ts';
import { VERDICT_TABLE } from '../../../src/measure/thresholds.ts';
import { measureCell } from './tomography.ts';

const made = measureCell();
const excluded = (code: Reason['code']): RunCells => ({
  ...made,
  records: made.records.map((record) => ({
    ...record,
    reasons: [
      { code, effect: 'invalid', fit: 'exclude', value: null, threshold: null, message: '' } as Reason,
    ],
  })),
});

test.each(['unsteady', 'client_bound'] as const)(
  'a cell that is %s is fitted by its steps, without its means',
  (code) => {
    const { observations, left_out } = observationsFromRuns([excluded(code)]);
    expect(left_out).toEqual([]);
    expect(observations[0]).toMatchObject({ ttft: null, tpot: null });
    expect(observations[0]!.steps).toHaveLength(1);
  },
);

test('a cell whose requests or tokens are not what they should be is not fitted at all', () => {
  for (const code of ['input_length_off', 'prefix_cache_hit', 'steps_unresolved'] as const)
    expect(observationsFromRuns([excluded(code)]).observations).toEqual([]);
});

test('the table of verdicts says of which codes a fit by steps leaves the means out alone', () => {
  const excluding = REASON_CODES.filter((code) => VERDICT_TABLE[code].fit.startsWith('exclude'));
  const ofMeans = excluding.filter((code) => VERDICT_TABLE[code].fit.startsWith('exclude its means'));
  expect(ofMeans).toEqual(excluding.filter((code) => OF_MEANS.has(code)));
});
