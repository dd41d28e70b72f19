import { describe, expect, test } from 'vitest';
import type { ServingModel } from '../../src/fit/cell-model.ts';
import { LATENCY_METRICS, predictedSeconds, shapeOf } from '../../src/fit/observations.ts';
import { EDGE_NAMES } from '../../src/fit/problem.ts';
import { ScheduleCache } from '../../src/fit/schedule-cache.ts';
import { scheduledCells } from '../../src/fit/scheduled-cells.ts';
import type { Driving } from '../../src/roofline/driving.ts';
import { GRADIENT_NAMES } from '../../src/roofline/parameters.ts';
import { scheduledMeans } from '../../src/roofline/scheduler/scheduled-means.ts';
import { cellsOf, gridOf } from './made-cells.ts';
import { card, truth } from './virtual.ts';

const drafting = { ...truth, draft_pass_s: 3e-4, draft_sequence_s: 4e-6 };
const model: ServingModel = {
  parameters: drafting,
  edges: { ttft_wait_steps: 0.3, decode_wait_steps: 0.7 },
};
const burst = (statistic: 'mean' | 'median'): Driving => ({
  kind: 'burst',
  requests_per_stream: 4,
  input_jitter: [0.8, 1],
  output_jitter: [0.8, 1],
  statistic,
});
const DRIVINGS: [string, Driving | null][] = [
  ['a steady loop', null],
  ['a jittered loop', { kind: 'steady', output_jitter: [0.9, 1.1] }],
  ['means of a burst', burst('mean')],
  ['medians of a burst', burst('median')],
  ['a batch', { kind: 'batch' }],
];

const DELTA = 1e-5;
const shifts = [
  ...GRADIENT_NAMES.map(
    (name) =>
      (by: number): ServingModel => ({
        ...model,
        parameters: { ...drafting, [name]: drafting[name] * Math.exp(by) },
      }),
  ),
  ...EDGE_NAMES.map(
    (name) =>
      (by: number): ServingModel => ({
        ...model,
        edges: { ...model.edges, [name]: model.edges[name] + by },
      }),
  ),
];

describe.each(DRIVINGS)('%s', (_, driving) => {
  const plain = cellsOf(gridOf([700, 9000], [64], [1, 12], [1, 2]), { driving });
  const speculation = { draftTokens: 3, acceptance: 0.6 };
  const proposing = plain.map((one) => ({ ...one, engine: { ...one.engine, speculation } }));
  const cells = [...plain, ...proposing];
  const scheduled = scheduledCells(card, cells, model);

  test('derivatives of both latencies are those of differences', () => {
    for (const cell of cells) {
      for (const metric of LATENCY_METRICS) {
        const gradient = scheduled.gradient!(model, cell, metric)!;
        shifts.forEach((shift, column) => {
          const log = (by: number): number =>
            Math.log(predictedSeconds(scheduled.latencies(shift(by), cell), metric)!);
          expect(gradient[column]).toBeCloseTo((log(DELTA) - log(-DELTA)) / (2 * DELTA), 5);
        });
      }
    }
  });

  test('where the schedule was made, it is the scheduler', () => {
    for (const cell of cells) {
      const means = scheduledMeans(card, drafting, cell.engine, shapeOf(cell), model.edges);
      const latencies = scheduled.latencies(model, cell);
      expect(latencies.ttftSeconds / means.ttftSeconds).toBeCloseTo(1, 3);
      expect(latencies.tpotSeconds! / means.tpotSeconds!).toBeCloseTo(1, 3);
    }
  });
});

test('fits of the same bursts share their schedules and predict the same', () => {
  const cells = cellsOf(gridOf([700, 9000], [64], [1, 12]), { driving: burst('mean') });
  const cache = new ScheduleCache();
  const slower: ServingModel = { ...model, parameters: { ...truth, memory_bytes_per_s: 1e12 } };
  scheduledCells(card, cells, slower, cache);
  const [shared, own] = [scheduledCells(card, cells, model, cache), scheduledCells(card, cells, model)];
  for (const cell of cells) {
    const [a, b] = [shared.latencies(model, cell), own.latencies(model, cell)];
    expect(a.ttftSeconds).toBeCloseTo(b.ttftSeconds, 12);
    expect(a.tpotSeconds).toBeCloseTo(b.tpotSeconds!, 12);
  }
});
