import { expect, test } from 'vitest';
import { aggregatedPlans } from '../../src/cost/aggregated-plans.ts';
import { objectivesOf } from '../../src/cost/objectives.ts';
import { fitSource } from '../../src/cost/sources/from-fit.ts';
import { modelOf, settingsFor } from '../../src/fitfile/apply.ts';
import { readFit } from '../../src/fitfile/read.ts';
import { scheduledMeans } from '../../src/roofline/scheduler/scheduled-means.ts';
import { scheduledTails } from '../../src/roofline/scheduler/scheduled-tails.ts';
import { question } from './devices.ts';

const fit = await readFit('fits/h100-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json');
const { card, parameters } = modelOf(fit);
const { rules } = question();
const closed = { ...rules, queueing: { kind: 'none' } as const, utilisation: { prefill: 1, decode: 1 } };
const sourceOf = (input: number, output: number) => ({
  ...fitSource({ ...fit, residual_table: null }, { input, output }, 'h100-sxm').central,
  tp_sizes: [4],
});

test.each([
  [1024, 1024, 8],
  [1024, 1024, 64],
  [4096, 512, 32],
  [4096, 512, 64],
  [512, 2048, 32],
])(
  'mixed steps in closed form serve what the simulated scheduler does: %i/%i, %i streams',
  (input, output, streams) => {
    const one = { ...closed, decode_batches: [streams] };
    const plan = aggregatedPlans(sourceOf(input, output), { input, output }, [], one)[0]!;
    const means = scheduledMeans(card, parameters, settingsFor(fit, 4), {
      inputTokens: input,
      outputTokens: output,
      concurrency: streams,
      turnAroundSeconds: null,
      driving: { kind: 'steady', output_jitter: [0.8, 1.2] },
    });
    expect(plan.batch).toBe(streams);
    const rate = means.outputTokensPerSecond / output;
    expect(Math.abs(plan.requests_per_s / rate - 1)).toBeLessThan(0.01);
    expect(Math.abs(plan.tpot_mean_s / means.tpotSeconds! - 1)).toBeLessThan(0.03);
  },
);

test('a percentile of TPOT counts the requests that meet more prompts than most', () => {
  const plans = (key: 'tpot_mean_ms' | 'tpot_p99_ms') =>
    aggregatedPlans(sourceOf(4096, 512), { input: 4096, output: 512 }, objectivesOf({ [key]: 35 }), rules);
  const largest = (key: 'tpot_mean_ms' | 'tpot_p99_ms'): number =>
    Math.max(...plans(key).map(({ batch }) => batch));
  expect(largest('tpot_p99_ms')).toBeLessThan(largest('tpot_mean_ms'));
  for (const { tpot_s } of plans('tpot_p99_ms')) expect(tpot_s).toBeLessThanOrEqual(0.035);
});

test.each([
  [8192, 1024, 64],
  [4096, 512, 32],
  [1024, 1024, 64],
])('gaps from the mix of steps are the scheduler’s: %i/%i, %i streams', (input, output, streams) => {
  const settings = settingsFor(fit, 4);
  const tails = scheduledTails(card, parameters, settings, {
    inputTokens: input,
    outputTokens: output,
    concurrency: streams,
    turnAroundSeconds: null,
    driving: { kind: 'steady', output_jitter: [0.9, 1.1] },
  })!;
  const one = { ...closed, decode_batches: [streams] };
  const isMet = (key: 'tbt_p50_ms' | 'tbt_p99_ms' | 'tbt_mean_ms', seconds: number): boolean =>
    aggregatedPlans(sourceOf(input, output), { input, output }, objectivesOf({ [key]: 1e3 * seconds }), one)
      .length > 0;
  const [p50, , , p99] = tails.tbt!.quantiles;
  for (const [key, seconds] of [
    ['tbt_p50_ms', p50!],
    ['tbt_p99_ms', p99!],
    ['tbt_mean_ms', tails.tbt!.mean],
  ] as const) {
    expect(isMet(key, 1.06 * seconds)).toBe(true);
    expect(isMet(key, 0.94 * seconds)).toBe(false);
  }
});
