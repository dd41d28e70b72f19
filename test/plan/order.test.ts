import { expect, test } from 'vitest';
import type { ResolvedPoint } from '../../src/plan/cells.ts';
import { orderCells } from '../../src/plan/order.ts';
import fc from '../property.ts';
import { point } from './facts.ts';

const arbitraryPoints = fc
  .array(fc.record({ repeats: fc.integer({ min: 1, max: 4 }), anchor: fc.boolean() }), { maxLength: 12 })
  .map((all) =>
    all.map(
      ({ repeats, anchor }, index): ResolvedPoint => ({
        point: point({ input_tokens: index + 1, repeats, anchor }),
        concurrency: 1,
        arrivals: null,
        kv_fill: null,
      }),
    ),
  );

test('every repeat is planned once, an anchor at both ends', () => {
  fc.assert(
    fc.property(arbitraryPoints, fc.nat(), (points, seed) => {
      const cells = orderCells(points, seed);
      const expected = points.reduce((sum, one) => sum + one.point.repeats * (one.point.anchor ? 2 : 1), 0);
      expect(cells).toHaveLength(expected);
      const identities = cells.map((cell) => `${cell.input_tokens} ${cell.repeat} ${cell.anchor}`);
      expect(new Set(identities).size).toBe(expected);
      const places = cells.map(({ anchor }) => (anchor === 'start' ? 0 : anchor === null ? 1 : 2));
      expect(places).toEqual([...places].sort());
      const blocks = cells.filter(({ anchor }) => anchor === null).map(({ repeat }) => repeat);
      expect(blocks).toEqual([...blocks].sort((a, b) => a - b));
    }),
  );
});

test('a seed gives one order, another seed another one', () => {
  const points = Array.from({ length: 12 }, (_, index) => ({
    point: point({ input_tokens: index + 1 }),
    concurrency: 1,
    arrivals: null,
    kv_fill: null,
  }));
  const order = (seed: number): number[] => orderCells(points, seed).map((cell) => cell.input_tokens);
  expect(order(1)).toEqual(order(1));
  expect(order(1)).not.toEqual(order(2));
  expect(order(1)).not.toEqual(points.map((one) => one.point.input_tokens));
});
