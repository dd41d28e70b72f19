import { expect, test } from 'vitest';
import { benefitIntervals } from '../../src/cost/intervals.ts';
import type { PairPlan } from '../../src/cost/pair-plan.ts';
import { decodeBatches } from '../../src/cost/phase-plans.ts';
import { type SearchedOption, searchAll, usdPerRequest } from '../../src/cost/search.ts';
import { centralOf, question, specDevices, TRANSFER } from './devices.ts';

const devices = specDevices('h100-sxm', 'gaudi3', 'mi300x');

const pairOf = (options: readonly SearchedOption[], prefill: number, decode: number): PairPlan => {
  const found = options.find(
    (one) => one.kind === 'pair' && one.prefill === prefill && one.decode === decode,
  );
  if (found?.kind !== 'pair' || found.plan === null) throw new Error('no plan');
  return found.plan;
};

test('every ordered pair and every device alone is an option', () => {
  const options = searchAll(centralOf(devices), question());
  expect(options.filter(({ kind }) => kind === 'pair')).toHaveLength(9);
  expect(options.filter(({ kind }) => kind === 'aggregated')).toHaveLength(3);
  expect(options.every((option) => usdPerRequest(option)! > 0)).toBe(true);
});

test('a pair costs what its two sides cost, each at its own best', () => {
  const options = searchAll(centralOf(devices), question());
  const [mixed, one, other] = [pairOf(options, 0, 1), pairOf(options, 0, 0), pairOf(options, 1, 1)];
  expect(mixed.prefill).toEqual(one.prefill);
  expect(mixed.decode.tp).toBe(other.decode.tp);
  expect(mixed.usd_per_request).toBeCloseTo(
    (mixed.prefill.device_seconds * devices[0]!.cost.usd_per_h +
      mixed.decode.device_seconds * devices[1]!.cost.usd_per_h) /
      3600,
    12,
  );
});

test('tighter limits never cost less, and each plan keeps its own', () => {
  const costs = [80, 40, 25, 15].map((tpot_mean_ms) => {
    const asked = question({ ttft_p99_ms: 1500, tpot_mean_ms });
    const plan = pairOf(searchAll(centralOf(devices), asked), 0, 2);
    const steps = asked.workload.output - 1;
    expect(plan.decode.step_s + plan.transfer_s / steps).toBeLessThanOrEqual(tpot_mean_ms / 1e3);
    expect(plan.prefill.ttft_s).toBeLessThanOrEqual(1.5 + 1e-9);
    return plan.usd_per_request;
  });
  expect([...costs].sort((a, b) => a - b)).toEqual(costs);
});

test('a percentile asks for a shorter queue than the mean', () => {
  const busy = (key: 'ttft_mean_ms' | 'ttft_p99_ms'): number =>
    pairOf(searchAll(centralOf(devices), question({ [key]: 1000 })), 0, 0).prefill.utilisation;
  expect(busy('ttft_p99_ms')).toBeLessThan(busy('ttft_mean_ms'));
  expect(busy('ttft_p99_ms')).toBeGreaterThan(0);
});

test('a slow link delays the second token, which costs decode its batch, and holds the prefill workers', () => {
  const limits = { ttft_p99_ms: 1500, tpot_mean_ms: 25 };
  const plan = (gbPerSecond: number): PairPlan =>
    pairOf(
      searchAll(
        centralOf(devices),
        question(limits, { ...TRANSFER, mode: 'serialized', nic_bytes_per_s: gbPerSecond * 1e9 }),
      ),
      0,
      2,
    );
  const [fast, slow] = [plan(400), plan(0.1)];
  // 1.25 GiB of KV cache over the narrower side's cards.
  const cards = Math.min(slow.prefill.tp, slow.decode.tp);
  expect(slow.transfer_s).toBeCloseTo((1.25 * 2 ** 30) / (cards * 0.1e9), 1);
  expect(slow.decode.device_seconds).toBeGreaterThan(fast.decode.device_seconds);
  // A worker is held until its caches have left.
  expect(slow.prefill.device_seconds).toBeGreaterThanOrEqual(slow.prefill.tp * slow.transfer_s);
  expect(slow.prefill.ttft_s).toBeLessThanOrEqual(1.5 + 1e-9);
  expect(slow.usd_per_request).toBeGreaterThan(fast.usd_per_request);
});

test('a limit from end to end counts prefill, transfer and decode together', () => {
  const asked = question({ e2e_mean_ms: 12_000 });
  const plan = pairOf(searchAll(centralOf(devices), asked), 0, 0);
  const e2e = plan.prefill.ttft_mean_s + plan.transfer_s + 511 * plan.decode.step_s;
  expect(e2e).toBeLessThanOrEqual(12);
  expect(e2e).toBeGreaterThan(6);
});

test('the KV cache bounds the batch: whole requests must fit', () => {
  const { rules, workload } = question();
  const source = centralOf(devices)[0]!.source;
  for (const tp of [2, 4]) {
    const most = Math.max(...decodeBatches(source, tp, workload, rules));
    expect(most * (4096 + 512)).toBeLessThanOrEqual(source.kvCapacityTokens(tp));
    expect(most).toBeLessThanOrEqual(source.seats);
  }
  expect(decodeBatches(source, 1, { input: 60_000, output: 60_000 }, rules)).toEqual([]);
});

test('aggregated serving never does better than the bound without interference', () => {
  const asked = question({});
  const options = searchAll(centralOf(devices), {
    ...asked,
    rules: { ...asked.rules, queueing: { kind: 'none' }, utilisation: { prefill: 1, decode: 1 } },
  });
  for (const [index] of devices.entries()) {
    const pair = pairOf(options, index, index);
    const alone = options.find((one) => one.kind === 'aggregated' && one.device === index)!;
    const seconds = (3600 * usdPerRequest(alone)!) / devices[index]!.cost.usd_per_h;
    // Mixed steps share the reading of weights, so a little less than the sum of both phases is possible.
    expect(seconds).toBeGreaterThan(0.9 * (pair.prefill.device_seconds + pair.decode.device_seconds));
  }
});

test('what two options share cancels in their ratio', () => {
  const uncertain = devices.map(({ source, cost }) => ({ source, usd_per_h: cost.usd_per_h }));
  const intervals = benefitIntervals(uncertain, question(), 0, 60);
  const width = (at: number): number => intervals[at]!.benefit_90[1] / intervals[at]!.benefit_90[0];
  expect(intervals[0]!.benefit_90).toEqual([1, 1]);
  expect(intervals[0]!.excludes_one).toBe(false);
  // H100::Gaudi3 shares its prefill with the baseline, Gaudi3::Gaudi3 shares nothing of its device.
  expect(width(1)).toBeLessThan(width(4));
  expect(benefitIntervals(uncertain, question(), 0, 60)).toEqual(intervals);
});

test('an interval says better only when all of it is', () => {
  const [cheap, dear] = specDevices('h100-sxm', 'gaudi3');
  const priced = [
    { source: cheap!.source, usd_per_h: 100 },
    { source: dear!.source, usd_per_h: 0.01 },
  ];
  const intervals = benefitIntervals(priced, question(), 0, 40);
  expect(intervals[3]!.excludes_one).toBe(true);
  expect(intervals[3]!.benefit_90[0]).toBeGreaterThan(1);
  const even = benefitIntervals(
    priced.map(({ source }) => ({ source, usd_per_h: 1 })),
    question(),
    0,
    40,
  );
  expect(even[3]!.excludes_one).toBe(false);
});

test('a limit on the slowest gaps leaves pairs, whose decodes meet no prompt, and costs a shared server more', () => {
  const costs = (limits: Parameters<typeof question>[0]) => {
    const options = searchAll(centralOf(devices), question(limits));
    const cost = (kind: 'pair' | 'aggregated'): number[] =>
      options.filter((one) => one.kind === kind).map((one) => usdPerRequest(one) ?? Number.POSITIVE_INFINITY);
    return { pair: cost('pair'), alone: cost('aggregated') };
  };
  const [mean, tail] = [costs({ tbt_mean_ms: 40 }), costs({ tbt_p99_ms: 40 })];
  expect(tail.pair).toEqual(mean.pair);
  tail.alone.forEach((cost, i) => {
    expect(cost).toBeGreaterThan(mean.alone[i]!);
  });
});
