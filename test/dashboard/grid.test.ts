import { expect, test } from 'vitest';
import { targetGrids, windowAround } from '../../src/dashboard/grid.ts';
import type { CellStatus } from '../../src/dashboard/state.ts';
import fc from '../property.ts';
import { shape } from './events.ts';

const pending: CellStatus = { state: 'pending' };
const view = (target: string, cell: ReturnType<typeof shape>, status: CellStatus = pending) => ({
  target,
  cell,
  status,
});

test('rows are shapes by length, columns loads by size, whatever the order of measurement', () => {
  const [grid] = targetGrids([
    view('a', shape(4096, 512, 64)),
    view('a', shape(512, 64, 2)),
    view('a', shape(512, 64, 16, { kv_fill: 0.5 })),
  ]);
  expect(grid!.rows.map(({ label }) => label)).toEqual(['512/64', '4k/512']);
  expect(grid!.columns).toEqual(['2', '64', 'kv 50%']);
});

test('targets share rows and columns; what was not planned is empty', () => {
  const grids = targetGrids([view('a', shape(1, 1, 1)), view('b', shape(2, 1, 8))]);
  expect(grids.map(({ rows }) => rows.map(({ places }) => places.map(({ length }) => length)))).toEqual([
    [
      [1, 0],
      [0, 0],
    ],
    [
      [0, 0],
      [0, 1],
    ],
  ]);
});

test('repeats share a place, in their order', () => {
  const [grid] = targetGrids([
    view('a', shape(1, 1, 1), { state: 'finished', verdict: 'valid', reused: false }),
    view('a', shape(1, 1, 1, { repeat: 1 }), { state: 'running' }),
  ]);
  expect(grid!.rows[0]!.places[0]).toEqual([
    { kind: 'valid', kept: false },
    { kind: 'running', kept: false },
  ]);
});

test('a window holds the active item, is as long as asked and stays inside', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.nat(),
      fc.integer({ min: 1, max: 50 }),
      (total, seed, size) => {
        const active = seed % total;
        const { start, end } = windowAround(total, active, size);
        expect(end - start).toBe(Math.min(size, total));
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(total);
        expect(active).toBeGreaterThanOrEqual(start);
        expect(active).toBeLessThan(end);
      },
    ),
  );
});
