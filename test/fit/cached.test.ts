import { expect, test } from 'vitest';
import { virtualRun } from '../../scripts/recovery/virtual-run.ts';
import { PREDICTORS } from '../../src/fit/cell-model.ts';
import { errorsOn, fitDataset } from '../../src/fit/fit-dataset.ts';
import { observationsFromRuns } from '../../src/fit/from-runs.ts';
import { createDevice } from '../../src/simulate/device.ts';
import { suiteSchema } from '../../src/suite/schema.ts';
import { accelerator, card, truth } from './virtual.ts';

/** Prompts of which the prefix cache holds all but a part, and cells without a cache that are kept from the fit. */
const suite = suiteSchema.parse({
  schema_version: 1,
  name: 'cached',
  grid: [
    {
      kind: 'cached',
      input: [8192],
      cached_input: [1024, 4096, 7680],
      output: [2],
      load: { concurrency: [1] },
    },
    {
      kind: 'cached',
      input: [4096],
      cached_input: [3584],
      output: [128],
      load: { concurrency: [1, 16, 64] },
    },
    { input: [128, 16384], output: [2], load: { concurrency: [1] } },
    { input: [1024], output: [128], load: { concurrency: [8] }, hold_out: true },
    {
      kind: 'cached',
      input: [8192],
      cached_input: [6144],
      output: [128],
      load: { concurrency: [8] },
      hold_out: true,
    },
  ],
  stop: { min_s: 0, min_requests: 4, max_requests: 300 },
});

const device = createDevice({ accelerator, card, parameters: truth });
const data = observationsFromRuns([virtualRun(suite, [device], { seed: 1, stampErrorSeconds: 0.2e-3 })]);

test('cells of cached prompts are used, each length of the cache as a cell of its own', () => {
  expect(data.left_out).toEqual([]);
  expect(data.observations).toHaveLength(10);
  expect(data.observations[0]!.cached_input_tokens).toBe(1024);
  expect(data.observations[3]!.e2e).not.toBeNull();
});

test.each(PREDICTORS)(
  'they tell the device, and other cells with and without a cache are predicted, by %s',
  (predictor) => {
    const seen = data.observations.filter((one) => !one.hold_out);
    const whole = fitDataset({ ...data, observations: seen }, { seed: 1, starts: 5, predictor });
    const { parameters } = whole.fit;
    expect(parameters.gemm_flop_per_s / truth.gemm_flop_per_s).toBeCloseTo(1, 1);
    expect(parameters.memory_bytes_per_s / truth.memory_bytes_per_s).toBeCloseTo(1, 1);
    const held = data.observations.filter((one) => one.hold_out);
    const errors = errorsOn(whole, held, predictor).filter(
      ({ metric }) => metric === 'ttft_ms' || metric === 'tpot_ms',
    );
    expect(errors).toHaveLength(4);
    for (const { error_percent } of errors) expect(Math.abs(error_percent)).toBeLessThan(4);
  },
);
