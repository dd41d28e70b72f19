import { expect, test } from 'vitest';
import { customBasis } from '../../src/cost/bases/custom.ts';
import { customBasisSchema } from '../../src/cost/bases/custom-schema.ts';
import { findBasis } from '../../src/cost/bases.ts';
import type { CostBasis } from '../../src/cost/basis.ts';
import { type CompareQuestion, compare } from '../../src/cost/compare.ts';
import { rescaled } from '../../src/cost/intervals.ts';
import { fitSource } from '../../src/cost/sources/from-fit.ts';
import { readFit } from '../../src/fitfile/read.ts';
import { question } from './devices.ts';

const fits = await Promise.all(
  ['a100-80-sxm', 'h100-sxm'].map((id) =>
    readFit(`fits/${id}/meta-llama-llama-2-70b-hf/vllm-unknown-bf16.fit.json`),
  ),
);
const workload = { input: 1020, output: 129 };
const mine = (power: 'tdp' | 'fit', devices = {}): CostBasis =>
  customBasis(
    customBasisSchema.parse({
      ...{ name: 'mine', date: '2026-05', years: 4, interest: 0.08, usd_per_kwh: 0.2, pue: 1.3 },
      ...{ catalogue_prices: true, power, devices },
    }),
  );

const rowsOn = (basis: CostBasis) => {
  const devices = fits.map((fit) => {
    const source = fitSource(fit, workload, fit.accelerator.id);
    const { metered } = basis;
    const { accelerator } = source.central;
    return {
      source,
      cost: basis.costOf(accelerator),
      metered: metered && ((kw: number) => metered(accelerator, kw)),
    };
  });
  const asked: CompareQuestion = {
    ...{ ...question({ ttft_p90_ms: 500, tpot_mean_ms: 60 }), workload, basis, budget: null, draws: 10 },
    baseline: 'h100-sxm::h100-sxm',
  };
  return compare(devices, asked).rows;
};
const named = (rows: ReturnType<typeof rowsOn>, name: string) => rows.find((one) => one.name === name)!;

test("a fit's power model gives the watts that were measured, and prompts draw more than tokens", () => {
  const { power } = fitSource(fits[0]!, workload, 'a').central;
  // Decoding one sequence, eight A100 drew 0.43 of their 400 W.
  expect(power!.decodeWatts(8, 1, 512 + 64) / (0.43 * 400)).toBeCloseTo(1, 1);
  expect(power!.prefillWatts(8, 1, 2048)).toBeGreaterThan(1.3 * power!.decodeWatts(8, 1, 1000));
  expect(power!.prefillWatts(8, 32, 2048)).toBeLessThanOrEqual(400);
  expect(power!.idle_w).toBeLessThan(power!.decodeWatts(8, 1, 512));
  expect(fitSource(fits[1]!, workload, 'h').central.power).toBeUndefined();
});

test('a basis that bills fits charges those watts; rated power stays where a fit has none', () => {
  const [tdp, fit] = [rowsOn(mine('tdp')), rowsOn(mine('fit'))];
  const [before, after] = [tdp, fit].map((rows) => named(rows, 'h100-sxm::a100-80-sxm'));
  const [prefill, decode] = after!.parts;
  expect(prefill!.cost.power_kind).toBe('tdp');
  expect(decode!.cost.power_kind).toBe('fit');
  expect(decode!.cost.components.electricity).toBeCloseTo(0.2 * 1.3 * decode!.cost.power_kw!, 9);
  expect(decode!.cost.power_kw!).toBeLessThan(0.3);
  expect(after!.cost.usd_per_request).toBeLessThan(before!.cost.usd_per_request);
  // The interval moves with the cost, so that it holds the gain that stands beside it.
  const [low, high] = after!.uncertainty!.benefit_90;
  expect(low / before!.uncertainty!.benefit_90[0]).toBeCloseTo(after!.benefit! / before!.benefit!, 9);
  expect(high).toBeGreaterThan(low);
  expect(named(fit, 'h100-sxm').cost.usd_per_request).toBe(named(tdp, 'h100-sxm').cost.usd_per_request);
});

test('a basis with its own watts keeps its cost and tells the watts; given and all-in power stay as they are', () => {
  const stated = named(rowsOn(findBasis('asgar2025-stated')!), 'a100-80-sxm::a100-80-sxm');
  expect(stated.power_kinds).toEqual(['fit']);
  expect(stated.parts[1]!.cost.components.electricity).toBeCloseTo(0.4 * 0.4, 9);
  expect(stated.power_w_per_device!).toBeLessThan(300);
  const given = mine('fit', { 'a100-80-sxm': { power_w: 333 } });
  const own = named(rowsOn(given), 'a100-80-sxm::a100-80-sxm');
  expect(own.power_kinds).toEqual(['measured']);
  expect(own.power_w_per_device).toBeCloseTo(333, 6);
});

test('an interval that is rescaled is judged anew', () => {
  const interval = {
    benefit_90: [0.95, 1.2],
    usd_per_request_90: [1, null],
    excludes_one: false,
    feasible: 1,
  } as const;
  const cheaper = rescaled(interval, 0.9, 1)!;
  expect(cheaper.benefit_90[0]).toBeCloseTo(0.95 / 0.9, 12);
  expect(cheaper.excludes_one).toBe(true);
  expect(cheaper.usd_per_request_90).toEqual([0.9, null]);
  expect(rescaled(interval, 1, 1)).toBe(interval);
  expect(rescaled(null, 2, 1)).toBeNull();
});
