import { expect, test } from 'vitest';
import { closedLoopMeans } from '../../src/roofline/closed-form.ts';
import { scheduledMeans } from '../../src/roofline/scheduler/scheduled-means.ts';
import { tailSchedules } from '../../src/roofline/scheduler/tail-schedules.ts';
import type { ClosedLoopShape, EngineSettings } from '../../src/roofline/serving.ts';
import { card, truth } from '../fit/virtual.ts';

const engine: EngineSettings = {
  tensorParallel: 1,
  maxNumBatchedTokens: 8192,
  maxNumSeqs: 256,
  kvCapacityTokens: 400_000,
};
const loop = { inputTokens: 3000, outputTokens: 64, concurrency: 24, turnAroundSeconds: null };
const SHAPES: readonly ClosedLoopShape[] = [
  loop,
  { ...loop, driving: { kind: 'batch' } },
  {
    ...loop,
    driving: {
      kind: 'burst',
      requests_per_stream: 3,
      input_jitter: [1, 1],
      output_jitter: [1, 1],
      statistic: 'mean',
    },
  },
];
test('seats of such a server are its streams and a margin', () => {
  const short = { ...engine, seatMargin: -1 };
  for (const shape of [SHAPES[0]!, SHAPES[2]!]) {
    for (const means of [closedLoopMeans, scheduledMeans]) {
      expect(means(card, truth, short, shape)).toEqual(
        means(card, truth, { ...engine, maxNumSeqs: 23 }, shape),
      );
    }
  }
  // One of the streams waits at any time, so a request waits for that share of its cycle.
  const wait = (of: EngineSettings): number =>
    scheduledMeans(card, truth, of, { ...loop, outputTokens: 2000 }).ttftSeconds;
  const { e2eSeconds } = scheduledMeans(card, truth, short, { ...loop, outputTokens: 2000 });
  expect((wait(short) - wait(engine)) / (e2eSeconds / 24)).toBeCloseTo(1, 1);
});

const told = { ...engine, maxNumBatchedTokens: 3000 + 24 + 700 };
const own = { ...engine, budgetMarginTokens: 700 };

test.each(SHAPES)(
  'a server set up for its shape takes its prompt, every stream and a margin in a step',
  (shape) => {
    for (const means of [closedLoopMeans, scheduledMeans]) {
      expect(means(card, truth, own, shape)).toEqual(means(card, truth, told, shape));
      expect(means(card, truth, own, shape).ttftSeconds).not.toBeCloseTo(
        means(card, truth, engine, shape).ttftSeconds,
        4,
      );
    }
    expect(tailSchedules(card, truth, own, shape)).toEqual(tailSchedules(card, truth, told, shape));
  },
);
