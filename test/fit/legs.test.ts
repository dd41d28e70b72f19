import { expect, test } from 'vitest';
import { virtualRun } from '../../scripts/recovery/virtual-run.ts';
import { PREDICTORS } from '../../src/fit/cell-model.ts';
import { errorsOn, fitDataset } from '../../src/fit/fit-dataset.ts';
import { observationsFromRuns } from '../../src/fit/from-runs.ts';
import { createDevice } from '../../src/simulate/device.ts';
import { suiteSchema } from '../../src/suite/schema.ts';
import { accelerator, card, truth } from './virtual.ts';

/** The two phases apart, and one mixed cell that shows whether they add up. */
const suite = suiteSchema.parse({
  schema_version: 1,
  name: 'legs',
  grid: [
    { kind: 'prefill', input: [128, 1024, 4096, 16384], output: [1], load: { concurrency: [1] } },
    { kind: 'prefill', input: [512], output: [1], load: { concurrency: [4] } },
    { kind: 'decode', input: [128], output: [64], load: { concurrency: [1, 16, 128] } },
    { kind: 'decode', input: [2048], output: [64], load: { concurrency: [8, 32] } },
    { input: [1024], output: [128], load: { concurrency: [8] }, hold_out: true },
  ],
  stop: { min_s: 0, min_requests: 4, max_requests: 200 },
});

const device = createDevice({ accelerator, card, parameters: truth });
const data = observationsFromRuns([virtualRun(suite, [device], { seed: 1, stampErrorSeconds: 0.2e-3 })]);

/** Streams of single tokens run in bursts, which only the scheduler knows. */
const WITHIN_PERCENT = { scheduler: 3, closed_form: 8 };

test('every cell of one phase is used', () => {
  expect(data.left_out).toEqual([]);
  expect(data.observations).toHaveLength(11);
});

test.each(PREDICTORS)('prefill and decode cells alone predict a mixed load, by %s', (predictor) => {
  const seen = data.observations.filter((one) => !one.hold_out);
  const whole = fitDataset({ ...data, observations: seen }, { seed: 1, starts: 5, predictor });
  const { parameters } = whole.fit;
  expect(parameters.gemm_flop_per_s / truth.gemm_flop_per_s).toBeCloseTo(1, 1);
  expect(parameters.memory_bytes_per_s / truth.memory_bytes_per_s).toBeCloseTo(1, 1);
  const errors = errorsOn(
    whole,
    data.observations.filter((one) => one.hold_out),
    predictor,
  );
  for (const { metric, error_percent } of errors) {
    if (metric === 'ttft_ms' || metric === 'tpot_ms') {
      expect(Math.abs(error_percent)).toBeLessThan(WITHIN_PERCENT[predictor]);
    }
  }
});
