import { expect, test } from 'vitest';
import { targetGrids } from '../../src/dashboard/grid.ts';
import { reduce } from '../../src/dashboard/reduce.ts';
import { type DashboardState, initialState } from '../../src/dashboard/state.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { cell, record } from '../run/facts.ts';

const at = (rate: number, repeat = 0) =>
  cell({
    concurrency: null,
    repeat,
    arrivals: { process: 'poisson', rate_per_s: rate, burstiness: null, trace: null },
  });
const search = (next: number | null): RunEvent => ({
  kind: 'search',
  target: 'h100',
  input_tokens: 128,
  output_tokens: 64,
  met: null,
  not_met: null,
  ended: next === null ? 'none_met' : null,
  message: null,
  axis: 'rate',
  next,
  loads_tried: 0,
});
const after = (events: readonly RunEvent[]): DashboardState =>
  events.reduce((state, event) => reduce(state, event, 0), initialState);

test('the map of a search grows by a column a load, the lowest first', () => {
  const started: RunEvent = {
    kind: 'run_started',
    run_id: 'r',
    folder: 'runs/r',
    suite: 's',
    targets: [{ name: 'h100', accelerator: 'H100', tensor_parallel: 1, model: 'm', engine: 'vllm' }],
    cells: [],
    estimated_s: 0,
    searches: true,
  };
  const measure = (rate: number, repeat = 0): RunEvent[] => [
    search(rate),
    { kind: 'cell_started', target: 'h100', cell: at(rate, repeat), attempt: 1 },
    { kind: 'cell_finished', target: 'h100', record: record({ cell: at(rate, repeat) }), reused: false },
  ];
  const state = after([started, ...measure(8), ...measure(4), ...measure(8, 1), search(null)]);
  const [grid] = targetGrids(state.cells);
  expect(grid!.columns).toEqual(['4.00/s', '8.00/s']);
  expect(grid!.rows[0]!.places.map((place) => place.length)).toEqual([1, 2]);
  expect(state.searches).toHaveLength(1);
  expect(state.searches[0]).toMatchObject({ next: null, ended: 'none_met' });
});
