import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { METRIC_KEYS, predictMeans } from '../../src/fit/predictive.ts';
import { modelOf, settingsFor } from '../../src/fitfile/apply.ts';
import type { Fit } from '../../src/fitfile/schema.ts';
import { createRandom } from '../../src/stats/random.ts';
import { documentedFit, hasPython, MODELS, python, sealed } from './documented-fit.ts';
import { fitFolder, textOf } from './made-fit.ts';

const READER = fileURLToPath(new URL('./independent-intervals.py', import.meta.url));
const NAMES = [
  'gemm_flop_per_s',
  'memory_bytes_per_s',
  'step_overhead_s',
  'request_overhead_s',
  'all_reduce_latency_s',
  'ttft_wait_steps',
  'decode_wait_steps',
];

const BUCKETS = [
  { tensor_parallel: 2, least: 32, most: 63, ratio: 1.08, cells: 4 },
  { tensor_parallel: 4, least: 32, most: 63, ratio: 0.9, cells: 4 },
  { tensor_parallel: 4, least: 1, most: 1, ratio: 1.02, cells: 3 },
];

/** A covariance of parameters that hang together. */
function covariance(seed: number): { names: string[]; matrix: number[][] } {
  const random = createRandom(seed);
  const factor = NAMES.map(() => NAMES.map(() => (random.uniform() - 0.5) / 10));
  const matrix = factor.map((a) => factor.map((b) => a.reduce((sum, one, j) => sum + one * b[j]!, 0)));
  return { names: NAMES, matrix };
}

describe.skipIf(!hasPython)('intervals by a program that has only the file and its document', () => {
  test.each(MODELS)('%s', async (model) => {
    const { write } = await fitFolder();
    const fit = {
      ...documentedFit(model, 5, { turnAround: 0.01 }),
      covariance: covariance(7),
      residual_table: { buckets: BUCKETS, unseen_mape: { without: 5, with: 3 } },
      predictors: {
        closed_form: {
          noise: { misfit: { ttft: 0.05, tpot: 0.02 }, exact_scale: { ttft: 0.3, tpot: 0.4 } },
          interval_factors: { ttft: 2.1, tpot: 1.4 },
        },
      },
    } as unknown as Fit;
    const { stdout, stderr } = python(READER, await write('x.fit.json', textOf(sealed(fit))));
    expect(stderr).toBe('');
    const computed = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(computed.length).toBe(fit.examples.length);
    fit.examples.forEach((example, index) => {
      const { prediction } = predictMeans(
        modelOf(fit),
        settingsFor(fit, example.tensor_parallel),
        {
          inputTokens: example.input_tokens,
          outputTokens: example.output_tokens,
          concurrency: example.concurrency,
          turnAroundSeconds: example.turn_around_s,
        },
        { predictor: 'closed_form' },
      );
      for (const key of METRIC_KEYS) {
        const { value, interval_90 } = prediction[key];
        const [mean, low, high] = computed[index][key];
        if (value === null || interval_90 === null) expect(mean).toBe(null);
        else {
          expect(Math.abs(mean / value - 1)).toBeLessThan(1e-9);
          expect(Math.abs(low / interval_90[0] - 1)).toBeLessThan(1e-9);
          expect(Math.abs(high / interval_90[1] - 1)).toBeLessThan(1e-9);
        }
      }
    });
  });
});
