import { describe, expect, test } from 'vitest';
import { PREDICTORS } from '../../src/fit/cell-model.ts';
import type { Unknown } from '../../src/fit/dataset.ts';
import { errorsOn, fitDataset } from '../../src/fit/fit-dataset.ts';
import type { FitOptions } from '../../src/fit/fit-roofline.ts';
import type { Observation } from '../../src/fit/observations.ts';
import { type Validation, validate } from '../../src/fit/validate.ts';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import type { CellRecord } from '../../src/run/schema.ts';
import { cellsOf, datasetOf, gridOf, scaled } from './made-cells.ts';
import { measureSuite } from './virtual.ts';

const options: FitOptions = { seed: 1, starts: 3, predictor: 'closed_form' };
const unknown: Unknown[] = ['max_num_batched_tokens'];
const cells = cellsOf(gridOf([512, 12_000], [128], [1, 2, 8, 32]), { noise: 0.01 });
const top = (one: Observation): boolean => one.concurrency === 32;
function validated(observations: readonly Observation[]): Validation {
  const dataset = datasetOf(observations, unknown);
  return validate(dataset, fitDataset(dataset, options), [], options);
}

const load = ({ blocked }: Validation) => blocked.find(({ kind }) => kind === 'load')!;

describe('a block that is predicted was learnt from by nothing', () => {
  /** So far below what is predicted that every error has the same sign. */
  const spoilt = (factor: number): Validation =>
    validated([
      ...cells.filter((one) => !top(one)),
      ...scaled(scaled(cells.filter(top), 'tpot', factor), 'ttft', factor),
    ]);
  const [factors, [once, twice]] = [
    [0.02, 0.01],
    [spoilt(0.02), spoilt(0.01)],
  ] as const;
  /** Mean of predicted over measured as it was before. */
  const ratio = (percent: number, which: 0 | 1): number => (1 + percent / 100) * factors[which];

  test('the load is the only block of these cells', () => {
    expect(once.blocked.map(({ kind, blocks }) => [kind, blocks])).toEqual([['load', 1]]);
  });

  test.each(PREDICTORS)('its predictions by %s do not depend on it', (predictor) => {
    for (const metric of ['ttft_ms', 'tpot_ms'] as const) {
      const [a, b] = [once, twice].map((each) => load(each).errors[predictor][metric]!.mape);
      expect(ratio(a!, 0) / ratio(b!, 1)).toBeCloseTo(1, 9);
    }
  });

  test('nor do those of the baselines beside it', () => {
    const pairs = load(once).baselines.map((one, i) => [one.mape, load(twice).baselines[i]!.mape] as const);
    const answered = pairs.filter(([a]) => a !== null);
    expect(answered.length).toBeGreaterThan(4);
    for (const [a, b] of answered) expect(ratio(a!, 0) / ratio(b!, 1)).toBeCloseTo(1, 9);
  });
});

test('cells kept from the fit by a rule change nothing that the file learns', () => {
  const run = measureSuite();
  const spoil = (record: CellRecord): CellRecord => {
    const { metrics } = record;
    if (record.cell.concurrency !== 64 || !metrics?.tpot_ms || !metrics.ttft_ms) return record;
    const [tpot_ms, ttft_ms] = [metrics.tpot_ms, metrics.ttft_ms].map((one) => ({
      ...one,
      mean: 7 * one.mean,
    }));
    return { ...record, metrics: { ...metrics, tpot_ms: tpot_ms!, ttft_ms: ttft_ms! } };
  };
  const make = (records: readonly CellRecord[]) =>
    makeFit([{ ...run, records }], {
      createdAt: '2026-01-15T12:00:00.000Z',
      toolVersion: '0.1.0',
      holdOut: [{ axis: 'concurrency', values: [64] }],
      predictor: 'closed_form',
      bootstrap: 20,
    });
  const [clean, spoilt] = [make(run.records), make(run.records.map(spoil))];
  const learnt = [
    'parameters',
    'covariance',
    'predictors',
    'inferred',
    'residual_table',
    'bootstrap',
    'range',
    'examples',
  ] as const;
  for (const key of learnt) expect(spoilt[key]).toEqual(clean[key]);
  expect(spoilt.validation.hold_out!.errors.scheduler.tpot_ms!.mape).toBeGreaterThan(40);
});

test('cells are predicted with the engine that the fit inferred', () => {
  const truth = { engine: { maxNumBatchedTokens: 2048 }, noise: 0.005 };
  const shapes = gridOf([512, 3000, 12_000], [128], [1, 8, 32]);
  const fitted = fitDataset(datasetOf(cellsOf(shapes, truth), unknown), options);
  expect(fitted.choices.choice.max_num_batched_tokens).toBe(2048);
  const fresh = cellsOf(gridOf([6000], [128], [8]), truth).map((one) => ({
    ...one,
    engine: { ...one.engine, maxNumBatchedTokens: 8192 },
  }));
  for (const { error_percent } of errorsOn(fitted, fresh, 'closed_form')) {
    expect(Math.abs(error_percent)).toBeLessThan(3);
  }
});
