import { expect, test } from 'vitest';
import { mostWithin, type Pool, wholeChoice } from '../../src/cost/ratio.ts';

const pool = (tp: number, rate: number, usd_per_h: number): Pool => ({
  tp,
  rate,
  usd_per_h,
  kw: 1,
  node_devices: 8,
});

test('the smallest deployment within 2 % of the best is chosen, and what idles is told', () => {
  // 1.21 workers of prefill for each of decode: 6 to 5 is near enough, 23 to 19 nearer.
  const [prefill, decode] = [pool(8, 1, 1), pool(2, 23 / 19, 1)];
  const found = wholeChoice(prefill, decode, 'devices');
  expect([found.prefill_workers, found.decode_workers]).toEqual([6, 5]);
  expect(found.requests_per_s).toBeCloseTo(6, 12);
  expect(found.idle.prefill).toBeCloseTo(0, 12);
  expect(found.idle.decode).toBeCloseTo(1 - 6 / ((5 * 23) / 19), 12);
  expect(found.usd_per_request).toBeCloseTo((6 * 8 + 5 * 2) / 3600 / 6, 12);
});

test('nodes are paid whole: one node a pool at least', () => {
  const found = wholeChoice(pool(1, 10, 2), pool(1, 1, 1), 'nodes');
  expect(found.prefill_devices % 8).toBe(0);
  expect(found.decode_devices % 8).toBe(0);
  expect(found.usd_per_h).toBe(2 * found.prefill_devices + found.decode_devices);
});

/** One 8-device node a pool, 8B FP8 512/4096 on the study's stated basis: benefit 1.02, far from 1.65 in fractions. */
test('whole nodes take a benefit of fractions away', () => {
  const rate = (gP: number, gD: number, prefillUsd: number, decodeUsd: number) =>
    mostWithin(
      { tp: 1, rate: 1 / gP, usd_per_h: prefillUsd, kw: null, node_devices: 8 },
      { tp: 1, rate: 1 / gD, usd_per_h: decodeUsd, kw: null, node_devices: 8 },
      { kind: 'usd_per_h', most: 8 * (prefillUsd + decodeUsd) },
      'nodes',
    )!;
  const base = rate(0.00838, 0.3365, 1.1161, 1.1161);
  const pair = rate(0.00369, 0.2917, 1.7377, 0.778);
  expect(base.usd_per_h).toBeCloseTo(17.86, 2);
  expect(base.requests_per_s).toBeCloseTo(23.8, 1);
  expect(pair.usd_per_h).toBeCloseTo(20.13, 2);
  expect(pair.requests_per_s).toBeCloseTo(27.4, 1);
  expect(base.usd_per_request / pair.usd_per_request).toBeCloseTo(1.02, 2);
});

test('a budget that holds not one worker of each has no choice; power that is unknown fits none', () => {
  const one = pool(4, 1, 1);
  expect(mostWithin(one, one, { kind: 'usd_per_h', most: 7.9 })).toBeNull();
  expect(mostWithin(one, one, { kind: 'usd_per_h', most: 8 })!.usd_per_h).toBe(8);
  const dark = { ...one, kw: null };
  expect(mostWithin(dark, one, { kind: 'power_kw', most: 1000 })).toBeNull();
});

test('a large budget is spent, however many workers that takes: 40 machines of 8 devices, and to the last of them', () => {
  const machine = { ...pool(8, 1, 0), kw: 0.7 };
  const found = mostWithin(machine, { ...machine, rate: 0.25 }, { kind: 'power_kw', most: 40 * 8 * 0.7 })!;
  expect([found.prefill_workers, found.decode_workers]).toEqual([8, 32]);
  const large = mostWithin(machine, machine, { kind: 'power_kw', most: 2000 * 8 * 0.7 })!;
  expect([large.prefill_workers, large.decode_workers]).toEqual([1000, 1000]);
});
