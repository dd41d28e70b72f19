import { describe, expect, test } from 'vitest';
import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import { aggregatedPlans } from '../../src/cost/aggregated-plans.ts';
import { aggregatedServer } from '../../src/cost/aggregated-server.ts';
import { objectivesOf } from '../../src/cost/objectives.ts';
import { type PlanLatency, planLatencies } from '../../src/cost/plan-latencies.ts';
import { type SearchedOption, searchAll } from '../../src/cost/search.ts';
import { carriedSource, fitSource } from '../../src/cost/sources/from-fit.ts';
import { modelOf, settingsFor } from '../../src/fitfile/apply.ts';
import { readFit } from '../../src/fitfile/read.ts';
import type { Fit } from '../../src/fitfile/schema.ts';
import { predict } from '../../src/predict/predict.ts';
import { scheduledTails } from '../../src/roofline/scheduler/scheduled-tails.ts';
import { question, specOf } from './devices.ts';
import { withTails } from './known-tails.ts';

const bare = await readFit('fits/h100-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json');
const fit = withTails({ ...bare, residual_table: null });
const workload = { input: 4096, output: 512 };
const sourceOf = (one: Fit) => fitSource(one, workload, 'h100-sxm');
const { rules } = question();
const closed = { ...rules, queueing: { kind: 'none' } as const, utilisation: { prefill: 1, decode: 1 } };

describe('gaps between tokens of a shared server', () => {
  test.each([16, 32])('are the scheduler’s with the traits of the fit: %i streams', (streams) => {
    const { card, parameters } = modelOf(fit);
    const shape = {
      inputTokens: workload.input,
      outputTokens: workload.output,
      concurrency: streams,
      turnAroundSeconds: null,
      driving: { kind: 'steady', output_jitter: [0.9, 1.1] } as const,
    };
    const { traits } = fit.tails!;
    const { tbt } = scheduledTails(card, parameters, settingsFor(fit, 4), shape, { traits })!;
    const server = aggregatedServer(sourceOf(fit).central, 4, streams, workload, closed);
    const without = aggregatedServer(sourceOf(bare).central, 4, streams, workload, closed);
    expect(server.gapAt(0.5) / tbt!.quantiles[0]!).toBeCloseTo(1, 1);
    expect(server.gapAt(0.99) / tbt!.quantiles[3]!).toBeCloseTo(1, 1);
    expect(server.gapAt(0.99)).toBeGreaterThan(1.1 * without.gapAt(0.99));
    expect(server.gapAt('mean')).toBe(server.tpotAt('mean'));
  });

  test('a limit on the slowest is judged by them: fewer requests together', () => {
    const largest = (one: Fit): number =>
      Math.max(
        ...aggregatedPlans(
          { ...sourceOf(one).central, tp_sizes: [8] },
          workload,
          objectivesOf({ tbt_p99_ms: 150 }),
          rules,
        ).map(({ batch }) => batch),
      );
    expect(largest(fit)).toBeLessThan(largest({ ...bare, residual_table: null }));
  });

  test('are of the token budget that percentiles showed; means keep the fit’s own', () => {
    const small = withTails(fit, { max_num_batched_tokens: 2048 });
    const [own, other] = [fit, small].map((one) =>
      aggregatedServer(sourceOf(one).central, 4, 32, workload, rules),
    );
    expect(other!.gapAt(0.99)).toBeLessThan(0.8 * own!.gapAt(0.99));
    expect(other!.tpotAt('mean')).toBe(own!.tpotAt('mean'));
    expect(other!.ttftAt('mean', 1)).toBe(own!.ttftAt('mean', 1));
    expect(other!.ttftAt(0.99, 1)).not.toBe(own!.ttftAt(0.99, 1));
  });
});

const limits = objectivesOf({ ttft_p99_ms: 1500, tpot_mean_ms: 50, tbt_p99_ms: 400 });
const asked = { ...question(), objectives: limits };
const DRAWS = 100;

const latenciesOf = (one: Fit, kind: SearchedOption['kind']): Record<string, PlanLatency> => {
  const source = sourceOf(one);
  const options = searchAll([{ source: source.central, usd_per_h: 1 }], asked);
  const option = options.find((each) => each.kind === kind)!;
  const found = planLatencies(option, [source], asked, DRAWS);
  return Object.fromEntries(found.map((each) => [each.key, each]));
};

describe.each(['pair', 'aggregated'] as const)('of a plan, %s', (kind) => {
  test('each objective has its value within the limit, and an interval about it', () => {
    for (const one of Object.values(latenciesOf(fit, kind))) {
      const { value_ms, limit_ms, interval_90_ms, sure } = one;
      const [low, high] = interval_90_ms!;
      expect(value_ms).toBeLessThanOrEqual(limit_ms * (1 + 1e-9));
      expect(low).toBeLessThan(value_ms);
      expect(high ?? Number.POSITIVE_INFINITY).toBeGreaterThan(value_ms);
      expect(sure).toBe(high !== null && high <= limit_ms);
    }
  });

  test('percentiles are no surer than they were on the cells of the fit, and unknown where those had none', () => {
    const { ttft_p99_ms, tbt_p99_ms } = latenciesOf(fit, kind);
    for (const { interval_90_ms, value_ms } of [ttft_p99_ms!, tbt_p99_ms!]) {
      expect(Math.log(value_ms / interval_90_ms![0])).toBeGreaterThanOrEqual(0.1);
    }
    const unknown = latenciesOf({ ...bare, residual_table: null }, kind);
    expect(unknown.tbt_p99_ms).toMatchObject({ interval_90_ms: null, sure: null });
    expect(unknown.tpot_mean_ms!.interval_90_ms).not.toBeNull();
  });
});

test('the interval of a gap is the one that the fit predicts for as many streams', () => {
  const source = sourceOf(fit);
  const option = searchAll([{ source: source.central, usd_per_h: 1 }], asked).find(
    (each) => each.kind === 'aggregated',
  )!;
  if (option.kind !== 'aggregated') throw new Error('no shared server');
  const { tp, batch } = option.plan!;
  const { value, interval_90 } = predict(fit, {
    ...workload,
    concurrency: Math.max(1, Math.round(batch)),
    tp,
    tails: true,
    predictor: 'closed_form',
  }).tails!.tbt_p99_ms;
  const found = planLatencies(option, [source], asked, DRAWS).find(({ key }) => key === 'tbt_p99_ms')!;
  expect(found.value_ms / value!).toBeCloseTo(1, 1);
  const width = (one: number, interval: readonly (number | null)[]): number => Math.log(interval[1]! / one);
  expect(width(found.value_ms, found.interval_90_ms!) / width(value!, interval_90!)).toBeCloseTo(1, 1);
});

test('a carried fit keeps the traits; where none was measured a percentile has no interval', () => {
  const to = { accelerator: findAccelerator('gaudi3'), model: fit.model_card };
  const carried = carriedSource(fit, to, workload, 'gaudi3');
  expect(carried.central.slow).toMatchObject({ traits: fit.tails!.traits });
  expect(carried.percentiles).toBeUndefined();
  expect(specOf('b200-sxm').central.slow).toBeUndefined();
});
