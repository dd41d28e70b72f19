import { expect, test } from 'vitest';
import { allAccelerators, findAccelerator } from '../../src/accelerator/catalogue.ts';
import { asgar2025Stated } from '../../src/cost/bases/asgar2025.ts';
import { findBasis } from '../../src/cost/bases.ts';
import type { CostBasis } from '../../src/cost/basis.ts';
import { frontier, peakPoint } from '../../src/cost/frontier.ts';

const pointsOn = (basis: CostBasis, ids: readonly string[], format: 'fp8' | 'bf16' = 'fp8') =>
  frontier(ids.flatMap((id) => peakPoint(findAccelerator(id), format, basis) ?? []));
const FOUR = ['h100-sxm', 'b200-sxm', 'gaudi3', 'mi300x'];

test.each([
  [0.4, 'fp8', { mi300x: 0.37, 'b200-sxm': 0.386, gaudi3: 0.424, 'h100-sxm': 0.564 }],
  [0.08, 'fp8', { gaudi3: 0.267, mi300x: 0.279, 'b200-sxm': 0.315, 'h100-sxm': 0.451 }],
  [0.4, 'bf16', { gaudi3: 0.424, mi300x: 0.741, 'b200-sxm': 0.772, 'h100-sxm': 1.129 }],
] as const)('$/h a dense PFLOP/s at %d $/kWh in %s', (tariff, format, expected) => {
  const found = pointsOn(asgar2025Stated(tariff), FOUR, format);
  expect(found.map(({ name }) => name)).toEqual(Object.keys(expected));
  for (const one of found) {
    const published = expected[one.name as keyof typeof expected];
    expect(Math.abs(one.usd_per_h_per_pflops - published)).toBeLessThan(0.0011);
  }
});

test('$/h a TB/s at 0.40 $/kWh', () => {
  const found = Object.fromEntries(
    pointsOn(asgar2025Stated(), FOUR).map((one) => [one.name, one.usd_per_h_per_tb_per_s]),
  );
  expect(found.mi300x).toBeCloseTo(0.183, 3);
  expect(found.gaudi3).toBeCloseTo(0.21, 3);
  expect(found['b200-sxm']).toBeCloseTo(0.217, 3);
  expect(found['h100-sxm']).toBeCloseTo(0.333, 3);
});

test('$/h a TB/s at 0.08 $/kWh', () => {
  const found = pointsOn(asgar2025Stated(0.08), FOUR).map(
    (one) => [one.name, one.usd_per_h_per_tb_per_s] as const,
  );
  const expected = { gaudi3: 0.132, mi300x: 0.138, 'b200-sxm': 0.177, 'h100-sxm': 0.266 };
  for (const [name, value] of found) {
    expect(Math.abs(value - expected[name as keyof typeof expected]), name).toBeLessThan(0.0011);
  }
});

test('on published terms of 2026 the MI355X alone is the frontier of both', () => {
  const basis = findBasis('inferencex-hyperscaler')!;
  const found = frontier(allAccelerators().flatMap((one) => peakPoint(one, 'fp8', basis) ?? []));
  expect(found.filter((one) => one.on_compute_frontier).map(({ name }) => name)).toEqual(['mi355x']);
  expect(found.filter((one) => one.on_bandwidth_frontier).map(({ name }) => name)).toEqual(['mi355x']);
});

test('a device without units for a format counts at its bf16 rate; fitted points do not beat peaks', () => {
  const a100 = peakPoint(findAccelerator('a100-80-sxm'), 'fp8', asgar2025Stated())!;
  expect(a100).toMatchObject({ flop_per_s: 312e12, compute_format: 'bf16' });
  const fitted = { ...a100, name: 'fit', kind: 'fitted' as const, flop_per_s: 1e12 };
  const [one] = frontier([fitted, a100]).filter(({ kind }) => kind === 'fitted');
  expect(one!.on_compute_frontier).toBe(true);
});
