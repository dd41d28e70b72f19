import { expect, test } from 'vitest';
import { NO_MISFIT } from '../../../src/fit/noise.ts';
import type { Observation } from '../../../src/fit/observations.ts';
import { shapeOf } from '../../../src/fit/observations.ts';
import { type FittedModel, predictMeans } from '../../../src/fit/predictive.ts';
import { learnTails } from '../../../src/fit/tails/learn-tails.ts';
import type { ObservedTails } from '../../../src/fit/tails/observed-tails.ts';
import { predictTails } from '../../../src/fit/tails/predict-tails.ts';
import { summariseTails, tailErrors } from '../../../src/fit/tails/tail-errors.ts';
import { partsOf } from '../../../src/fit/tails/tail-keys.ts';
import type { TailModel } from '../../../src/fit/tails/tail-model.ts';
import { tailEngine } from '../../../src/fit/tails/tail-model.ts';
import { TailRuns } from '../../../src/fit/tails/tail-runs.ts';
import { NO_EDGES } from '../../../src/roofline/serving.ts';
import { accelerator, card, truth } from '../virtual.ts';

const errors = { noise: NO_MISFIT, interval_factors: { ttft: 1.6, tpot: 1.6 } };
const model: FittedModel = {
  card,
  parameters: truth,
  edges: NO_EDGES,
  names: ['memory_bytes_per_s'],
  covariance: [
    [1e-4, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ],
  degrees_of_freedom: 20,
  predictors: { scheduler: errors, closed_form: errors },
  residual_table: null,
};

const real: TailModel = {
  traits: { step_spread: 0.03, prompt_step_ratio: 1.15, prompt_step_extra_s: 0.011 },
  max_num_batched_tokens: 2048,
  start: { queue_ratio: Math.exp(0.2), stall_s: 0.3, by_input: [] },
  misses: [],
};
const KEYS = ['ttft_p50_ms', 'ttft_p99_ms', 'tbt_p50_ms', 'tbt_p99_ms'] as const;

/** A burst of 10 rounds whose percentiles are those of an engine with the traits above. */
function cell(input: number, concurrency: number): Observation {
  const bare: Observation = {
    target: 'made',
    cells: [`${input} ${concurrency}`],
    input_tokens: input,
    output_tokens: 800,
    mean_output_tokens: 720,
    concurrency,
    engine: { tensorParallel: 1, maxNumBatchedTokens: 8192, maxNumSeqs: 1024, kvCapacityTokens: 400_000 },
    turn_around_s: null,
    driving: {
      kind: 'burst',
      requests_per_stream: 10,
      input_jitter: [0.8, 1],
      output_jitter: [0.8, 1],
      statistic: 'mean',
    },
    hold_out: false,
    ttft: null,
    tpot: null,
    e2e: null,
    output_tokens_per_s: null,
  };
  const { tpotSeconds } = predictMeans(model, bare.engine, shapeOf(bare)).means;
  const runs = TailRuns.of(model, tailEngine(real, bare.engine), shapeOf(bare), tpotSeconds)!;
  const made = runs.tails(real.traits, real.start!);
  const tails: ObservedTails = Object.fromEntries(
    KEYS.map((key) => {
      const { metric, quantile } = partsOf(key);
      return [key, made[metric]!.quantiles[quantile]!];
    }),
  );
  return { ...bare, tails };
}

const seen = [cell(1000, 4), cell(1000, 16), cell(1000, 32), cell(6000, 4), cell(6000, 16)];
const dataset = { accelerator, card, observations: seen, unknown: ['max_num_batched_tokens'] as const };
const learnt = learnTails(model, dataset)!;

test('the traits that percentiles were made with are found again', () => {
  expect(learnt.max_num_batched_tokens).toBe(2048);
  expect(learnt.traits.step_spread).toBeCloseTo(0.03, 9);
  expect(Math.abs(learnt.traits.prompt_step_ratio - 1.15)).toBeLessThan(0.16);
  expect(learnt.start!.stall_s).toBeGreaterThan(0.2);
  expect(learnt.start!.stall_s).toBeLessThan(0.4);
});

test('cells that were not seen are predicted with them, and far worse without', () => {
  const unseen = [cell(1000, 8), cell(6000, 8), cell(3000, 16)];
  const with_ = summariseTails(tailErrors({ ...model, tails: learnt }, unseen));
  const without = summariseTails(tailErrors(model, unseen));
  for (const key of ['ttft_p99_ms', 'tbt_p99_ms'] as const) {
    expect(with_[key]!.median_ape).toBeLessThan(6);
    expect(without[key]!.median_ape).toBeGreaterThan(2 * with_[key]!.median_ape);
    expect(without[key]!.coverage_90).toBeNull();
  }
});

test('a percentile that cells measured has an interval, no other', () => {
  const tails = predictTails({ ...model, tails: learnt }, seen[1]!.engine, shapeOf(seen[1]!))!;
  const { value, interval_90 } = tails.tbt_p99_ms;
  expect(interval_90![0]).toBeLessThan(value!);
  expect(interval_90![1]).toBeGreaterThan(value!);
  expect(tails.tbt_p90_ms.interval_90).toBeNull();
  expect(tails.tbt_p90_ms.value).toBeGreaterThan(0);
});

test('an engine whose tokens nobody timed keeps the fit’s budget and steps', () => {
  const noGaps = seen.map(({ tails, ...one }) => ({ ...one, tails: { ttft_p99_ms: tails!.ttft_p99_ms! } }));
  const found = learnTails(model, { ...dataset, observations: noGaps })!;
  expect(found.max_num_batched_tokens).toBeNull();
  expect(found.traits).toEqual({ step_spread: 0, prompt_step_ratio: 1, prompt_step_extra_s: 0 });
  expect(found.misses.map(({ key }) => key)).toEqual(['ttft_p99_ms']);
  const none = { ...dataset, observations: seen.map(({ tails: _, ...one }) => one) };
  expect(learnTails(model, none)).toBeNull();
});
