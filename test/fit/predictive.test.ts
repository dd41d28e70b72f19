import { describe, expect, test } from 'vitest';
import { PREDICTORS } from '../../src/fit/cell-model.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import { METRIC_KEYS, predictMeans } from '../../src/fit/predictive.ts';
import { closedLoopMeans } from '../../src/roofline/closed-form.ts';
import { scheduledMeans } from '../../src/roofline/scheduler/scheduled-means.ts';
import { cellsOf, datasetOf, ENGINE, gridOf } from './made-cells.ts';

const cells = cellsOf(gridOf([256, 2048, 8192], [128], [1, 8, 32], [1, 2]), { noise: 0.01 });
const { model } = fitDataset(datasetOf(cells), { seed: 1, starts: 3, predictor: 'closed_form' });
const plain = { ...model, residual_table: null };
const shape = { inputTokens: 1500, outputTokens: 100, concurrency: 12, turnAroundSeconds: 0.002 };
const MEANS = { scheduler: scheduledMeans, closed_form: closedLoopMeans };

describe.each(PREDICTORS)('predictMeans by %s', (predictor) => {
  const { means, prediction } = predictMeans(plain, ENGINE, shape, { predictor });

  test('the means are those of the serving model at the fitted parameters', () => {
    const own = MEANS[predictor](model.card, model.parameters, ENGINE, shape, model.edges);
    expect(means.ttftSeconds / own.ttftSeconds).toBeCloseTo(1, 9);
    expect(means.tpotSeconds! / own.tpotSeconds!).toBeCloseTo(1, 9);
    expect(means.e2eSeconds / own.e2eSeconds).toBeCloseTo(1, 9);
    expect(means.outputTokensPerSecond / own.outputTokensPerSecond).toBeCloseTo(1, 9);
  });

  test('every interval holds its value, and a noisier measurement widens it', () => {
    const measured = Object.fromEntries(METRIC_KEYS.map((key) => [key, 0.1]));
    const wide = predictMeans(plain, ENGINE, shape, { predictor, measured }).prediction;
    for (const key of METRIC_KEYS) {
      const { value, interval_90 } = prediction[key];
      expect(interval_90![0]).toBeLessThan(value!);
      expect(interval_90![1]).toBeGreaterThan(value!);
      expect(wide[key].interval_90![1]).toBeGreaterThan(interval_90![1]);
    }
  });

  test('one token has no TPOT, and its E2E is its TTFT', () => {
    const single = predictMeans(plain, ENGINE, { ...shape, outputTokens: 1 }, { predictor }).prediction;
    expect(single.tpot_ms).toEqual({ value: null, interval_90: null });
    expect(single.e2e_ms.value! / single.ttft_ms.value!).toBeCloseTo(1, 9);
    expect(single.e2e_ms.interval_90![0]).toBeCloseTo(single.ttft_ms.interval_90![0], 6);
  });
});

test('the scheduler is the default', () => {
  const [own, scheduler] = [
    predictMeans(plain, ENGINE, shape),
    predictMeans(plain, ENGINE, shape, { predictor: 'scheduler' }),
  ];
  expect(own).toEqual(scheduler);
});

test('a table multiplies TPOT where it has the batch size, and E2E and throughput follow', () => {
  const bucket = { tensor_parallel: 1, least: 8, most: 15, ratio: 1.1, cells: 4 };
  const corrected = { ...plain, residual_table: { buckets: [bucket], unseen_mape: { without: 5, with: 2 } } };
  const at = (fit: typeof corrected | typeof plain, concurrency: number) =>
    predictMeans(fit, ENGINE, { ...shape, concurrency }).prediction;
  const [before, after] = [at(plain, 12), at(corrected, 12)];
  expect(after.tpot_ms.value! / before.tpot_ms.value!).toBeCloseTo(1.1, 9);
  expect(after.ttft_ms.value).toBe(before.ttft_ms.value);
  const longer = 99 * 0.1 * before.tpot_ms.value!;
  expect(after.e2e_ms.value! - before.e2e_ms.value!).toBeCloseTo(longer, 6);
  expect(after.output_tokens_per_s.value!).toBeLessThan(before.output_tokens_per_s.value!);
  expect(at(corrected, 16)).toEqual(at(plain, 16));
});
