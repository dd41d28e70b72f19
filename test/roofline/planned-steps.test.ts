import { describe, expect, test } from 'vitest';
import { closedLoopMeans } from '../../src/roofline/closed-form.ts';
import type { Driving } from '../../src/roofline/driving.ts';
import { scheduledMeans, scheduleOf } from '../../src/roofline/scheduler/scheduled-means.ts';
import type { ClosedLoopShape, EngineSettings } from '../../src/roofline/serving.ts';
import { card, truth } from '../fit/virtual.ts';

const engine: EngineSettings = {
  tensorParallel: 1,
  maxNumBatchedTokens: 2048,
  maxNumSeqs: 256,
  kvCapacityTokens: 400_000,
};
const burst = {
  kind: 'burst',
  requests_per_stream: 10,
  input_jitter: [1, 1],
  output_jitter: [1, 1],
  statistic: 'mean',
} as const satisfies Driving;
const shapeOf = (inputTokens: number, concurrency = 8): ClosedLoopShape => ({
  inputTokens,
  outputTokens: 128,
  concurrency,
  turnAroundSeconds: null,
  driving: burst,
});
/** Most tokens of prompts in a step: all its tokens but one of each decode. */
const mostPrompts = (of: EngineSettings, shape: ClosedLoopShape): number => {
  const { tokens, decodes } = scheduleOf(card, truth, of, shape);
  return Math.max(...tokens.map((all, step) => all - decodes[step]!));
};

describe('prompts that are computed whole', () => {
  const whole = { ...engine, wholePrompts: true };

  test.each([
    ['as many as the budget holds', 600, 1800],
    ['no second one that does not fit', 1500, 1500],
    ['one that is longer than the budget', 3000, 3000],
  ])('%s', (_, inputTokens, most) => {
    expect(mostPrompts(whole, shapeOf(inputTokens))).toBe(most);
    expect(mostPrompts(engine, shapeOf(inputTokens))).toBe(2048);
  });

  test('a lone stream whose prompt fits sees no difference', () => {
    for (const means of [closedLoopMeans, scheduledMeans]) {
      expect(means(card, truth, whole, shapeOf(1500, 1)).ttftSeconds).toBeCloseTo(
        means(card, truth, engine, shapeOf(1500, 1)).ttftSeconds,
        9,
      );
    }
  });

  test('both predictors agree on a steady loop', () => {
    const steady = { ...shapeOf(900), driving: undefined, turnAroundSeconds: 0.01 };
    const [closed, scheduled] = [closedLoopMeans, scheduledMeans].map((means) =>
      means(card, truth, whole, steady),
    );
    expect(Math.abs(closed!.ttftSeconds / scheduled!.ttftSeconds - 1)).toBeLessThan(0.08);
    expect(closed!.tpotSeconds! / scheduled!.tpotSeconds!).toBeCloseTo(1, 2);
  });
});

describe('steps that are planned as the one before them begins', () => {
  const ahead = { ...engine, plansAhead: true };

  test('a request that follows a finished one waits a step longer, a lone stream does not', () => {
    // Prompts have steps of their own, so that streams end one by one.
    const later = (of: EngineSettings, concurrency: number): number =>
      scheduledMeans(card, truth, of, {
        ...shapeOf(1500, concurrency),
        driving: { ...burst, statistic: 'median' },
      }).ttftSeconds;
    const whole = { ...engine, wholePrompts: true };
    expect(later({ ...whole, plansAhead: true }, 1)).toBe(later(whole, 1));
    // The step that it waits for computes the prompt of the stream before.
    const steps = (of: EngineSettings): number => later(of, 8) - truth.request_overhead_s;
    expect(steps({ ...whole, plansAhead: true }) / steps(whole)).toBeCloseTo(2, 1);
  });

  test('both predictors agree on a steady loop', () => {
    const steady = { ...shapeOf(200), driving: undefined, turnAroundSeconds: 0.01 };
    const [closed, scheduled] = [closedLoopMeans, scheduledMeans].map((means) =>
      means(card, truth, ahead, steady),
    );
    expect(closed!.ttftSeconds / scheduled!.ttftSeconds).toBeCloseTo(1, 1);
    expect(scheduled!.ttftSeconds).toBeGreaterThan(scheduledMeans(card, truth, engine, steady).ttftSeconds);
  });

  test('where seats are short the wait for one hides it', () => {
    const short = { ...engine, seatMargin: -1 };
    expect(closedLoopMeans(card, truth, { ...short, plansAhead: true }, shapeOf(200))).toEqual(
      closedLoopMeans(card, truth, short, shapeOf(200)),
    );
  });
});
