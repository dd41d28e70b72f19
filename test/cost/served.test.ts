import { describe, expect, test } from 'vitest';
import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import { aggregatedPlans } from '../../src/cost/aggregated-plans.ts';
import { objectivesOf } from '../../src/cost/objectives.ts';
import { decodeBatches, decodePlans, prefillPlans } from '../../src/cost/phase-plans.ts';
import { searchAll, usdPerRequest } from '../../src/cost/search.ts';
import { carriedSource, fitSource } from '../../src/cost/sources/from-fit.ts';
import { specSource } from '../../src/cost/sources/from-spec.ts';
import { pairTransfer } from '../../src/cost/transfer-rules.ts';
import type { Workload } from '../../src/cost/workload.ts';
import { modelOf, settingsFor } from '../../src/fitfile/apply.ts';
import { readFit } from '../../src/fitfile/read.ts';
import { builtInCard } from '../../src/model/cards.ts';
import { closedLoopMeans } from '../../src/roofline/closed-form.ts';
import { scheduledMeans } from '../../src/roofline/scheduler/scheduled-means.ts';
import { scheduledTails } from '../../src/roofline/scheduler/scheduled-tails.ts';
import type { Speculation } from '../../src/roofline/speculation.ts';
import { ANY, CARD, question } from './devices.ts';

const fit = {
  ...(await readFit('fits/h100-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json')),
  residual_table: null,
};
const { card, parameters } = modelOf(fit);
const { rules } = question();
const closed = { ...rules, queueing: { kind: 'none' } as const, utilisation: { prefill: 1, decode: 1 } };
const speculation: Speculation = { draftTokens: 4, acceptance: 0.6 };
const draft = builtInCard('meta-llama/Llama-3.1-8B')!;
const sourceOf = (workload: Workload) => ({
  ...fitSource(fit, workload, 'h100-sxm').central,
  tp_sizes: [4],
});

const meansOf = (workload: Workload, concurrency: number) =>
  scheduledMeans(
    card,
    parameters,
    { ...settingsFor(fit, 4), speculation: workload.speculation },
    {
      inputTokens: workload.input,
      cachedInputTokens: workload.cached_input,
      outputTokens: workload.output,
      concurrency,
      turnAroundSeconds: null,
      driving: { kind: 'steady', output_jitter: [0.8, 1.2] },
    },
  );

describe('one server for both phases serves what the scheduler does', () => {
  test.each<[string, Workload, number]>([
    ['proposed tokens', { input: 1024, output: 1024, speculation }, 8],
    ['proposed tokens', { input: 1024, output: 1024, speculation }, 48],
    ['proposed tokens', { input: 4096, output: 512, speculation }, 24],
    ['cached prompts', { input: 4096, output: 512, cached_input: 3072 }, 32],
    ['both', { input: 4096, output: 512, cached_input: 3072, speculation }, 32],
  ])('%s: %o, %i streams', (_, workload, streams) => {
    const one = { ...closed, decode_batches: [streams] };
    const plan = aggregatedPlans(sourceOf(workload), workload, [], one)[0]!;
    const means = meansOf(workload, streams);
    expect(plan.batch).toBe(streams);
    const rate = means.outputTokensPerSecond / workload.output;
    expect(Math.abs(plan.requests_per_s / rate - 1)).toBeLessThan(0.03);
    expect(Math.abs(plan.tpot_mean_s / means.tpotSeconds! - 1)).toBeLessThan(0.05);
  });
});

test('gaps between steps that bring tokens are the scheduler’s', () => {
  const workload = { input: 1024, output: 1024, speculation };
  const tails = scheduledTails(
    card,
    parameters,
    { ...settingsFor(fit, 4), speculation },
    {
      ...{ inputTokens: 1024, outputTokens: 1024, concurrency: 48, turnAroundSeconds: null },
      driving: { kind: 'steady', output_jitter: [0.9, 1.1] },
    },
  )!;
  const one = { ...closed, decode_batches: [48] };
  const isMet = (key: 'tbt_p50_ms' | 'tbt_p99_ms', seconds: number): boolean =>
    aggregatedPlans(sourceOf(workload), workload, objectivesOf({ [key]: 1e3 * seconds }), one).length > 0;
  expect(tails.tpot!.mean / meansOf(workload, 48).tpotSeconds!).toBeCloseTo(1, 1.5);
  const [p50, , , p99] = tails.tbt!.quantiles;
  for (const [key, seconds] of [
    ['tbt_p50_ms', p50!],
    ['tbt_p99_ms', p99!],
  ] as const) {
    expect(isMet(key, 1.08 * seconds)).toBe(true);
    expect(isMet(key, 0.92 * seconds)).toBe(false);
  }
});

test('a decode pool gives tokens as fast as a batch that decodes alone', () => {
  const workload = { input: 1024, output: 512, speculation };
  const plans = decodePlans(sourceOf(workload), workload, rules);
  for (const streams of [1, 16, 64]) {
    const plan = plans.find(({ batch }) => batch === streams)!;
    const engine = { ...settingsFor(fit, 4), speculation };
    const loop = { inputTokens: 1024, outputTokens: 512, concurrency: streams, turnAroundSeconds: null };
    const { tpotSeconds } = closedLoopMeans(card, parameters, engine, {
      ...loop,
      driving: { kind: 'batch' },
    });
    expect(plan.tpot_s / tpotSeconds!).toBeCloseTo(1, 1.7);
    expect(plan.tpot_s).toBeLessThan(plan.step_s / 2);
    expect(plan.device_seconds).toBeCloseTo((4 * 511 * plan.tpot_s) / streams / rules.utilisation.decode, 9);
  }
});

test('a prefill pool computes what is not cached, on the context of what is, and proposes nothing', () => {
  const [whole, cached] = [undefined, 3072].map((cached_input) => {
    const workload = { input: 4096, output: 512, cached_input, speculation };
    return prefillPlans(sourceOf(workload), workload, [], rules).find(({ batch }) => batch === 1)!;
  });
  const short = { input: 1024, output: 512 };
  const alone = prefillPlans(sourceOf(short), short, [], rules).find(({ batch }) => batch === 1)!;
  expect(cached!.seconds).toBeGreaterThan(alone.seconds);
  expect(cached!.seconds).toBeLessThan(1.1 * alone.seconds);
  expect(whole!.seconds).toBeGreaterThan(3 * cached!.seconds);
  const plain = { input: 4096, output: 512 };
  expect(sourceOf(plain).prefillSeconds(4, 1, 4096)).toBe(whole!.seconds);
});

test('what all prompts share lies in the KV cache once, proposed tokens in slots of their own', () => {
  const most = (workload: Workload): number =>
    Math.max(...decodeBatches({ ...sourceOf(workload), seats: 1e6 }, 4, workload, rules));
  const tokens = sourceOf({ input: 4096, output: 512 }).kvCapacityTokens(4);
  expect(most({ input: 4096, output: 512 })).toBe(Math.floor(tokens / 4608));
  expect(most({ input: 4096, output: 512, cached_input: 3072 })).toBe(Math.floor((tokens - 3072) / 1536));
  expect(most({ input: 4096, output: 512, speculation })).toBe(Math.floor(tokens / 4612));
});

test('what is cached on both sides does not move', () => {
  const source = sourceOf({ input: 4096, output: 512 });
  const egress = (tokens: number): number =>
    pairTransfer(rules.transfer!, { source, tp: 4 }, { source, tp: 4 }, { tokens, seconds: 1 }).egress_s;
  const costs = [undefined, 2048].map((cached_input) => {
    const workload = { input: 4096, output: 512, cached_input };
    const asked = { ...question({}), workload };
    const option = searchAll([{ source: sourceOf(workload), usd_per_h: 1 }], asked).find(
      ({ kind }) => kind === 'pair',
    )!;
    return option.kind === 'pair' ? option.plan! : null;
  });
  expect(egress(2048)).toBeCloseTo(egress(4096) / 2, 9);
  expect(costs[1]!.transfer_s).toBeLessThan(costs[0]!.transfer_s);
});

describe('a request costs', () => {
  const cost = (served: Partial<Workload>, kind: 'pair' | 'aggregated'): number => {
    const workload = { input: 1024, output: 1024, ...served };
    const asked = { ...question({ tpot_mean_ms: 25 }), workload };
    const source = { ...fitSource(fit, workload, 'h100-sxm').central, tp_sizes: [4] };
    const found = searchAll([{ source, usd_per_h: 1 }], asked).find((option) => option.kind === kind)!;
    return usdPerRequest(found)!;
  };

  test.each(['pair', 'aggregated'] as const)(
    'less where proposals are accepted, more where none are: %s',
    (kind) => {
      const plain = cost({}, kind);
      expect(cost({ speculation: { draftTokens: 4, acceptance: 0.8 } }, kind)).toBeLessThan(0.8 * plain);
      expect(cost({ speculation: { draftTokens: 4, acceptance: 0 } }, kind)).toBeGreaterThan(plain);
      expect(cost({ speculation: { draftTokens: 4, acceptance: 0.8 }, draft }, kind)).toBeGreaterThan(
        cost({ speculation: { draftTokens: 4, acceptance: 0.8 } }, kind),
      );
    },
  );
});

test('devices without a fit of the model, and those that a fit is carried to, speculate too, and it is said that nobody measured it', () => {
  const accelerator = findAccelerator('b200-sxm');
  const workload = { input: 1024, output: 512, speculation, draft, cached_input: 512 };
  const plain = { input: 1024, output: 512 };
  const carry = (of: Workload) => carriedSource(fit, { accelerator, model: fit.model_card }, of, 'b200');
  const spec = (of: Workload) =>
    specSource({ device: ANY, accelerator, card: CARD, engine: 'vllm' }, 'b200', of);
  for (const source of [carry, spec]) {
    const [own, bare] = [source(workload).central, source(plain).central];
    expect(own.decodeSeconds(2, 8, 1024)).toBeGreaterThan(bare.decodeSeconds(2, 8, 1024));
    expect(own.prefillSeconds(2, 1, 1024)).toBeLessThan(bare.prefillSeconds(2, 1, 1024));
    expect(own.kvCapacityTokens(2)).toBeLessThan(bare.kvCapacityTokens(2));
    expect(source(workload).draw(3).decodeSeconds(2, 8, 1024)).not.toBe(own.decodeSeconds(2, 8, 1024));
  }
  expect(fitSource(fit, workload, 'h100').notes.join()).toContain('h100: speculative decoding: ');
  expect(fitSource(fit, plain, 'h100').notes.join()).not.toContain('speculative');
});
