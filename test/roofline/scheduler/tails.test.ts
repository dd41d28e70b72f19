import { describe, expect, test } from 'vitest';
import { scheduledMeans } from '../../../src/roofline/scheduler/scheduled-means.ts';
import { priceRuns, scheduledTails, tailsOf } from '../../../src/roofline/scheduler/scheduled-tails.ts';
import { type SimulatedLoad, simulate } from '../../../src/roofline/scheduler/simulate.ts';
import { NO_EDGES } from '../../../src/roofline/serving.ts';
import { TAIL_METRICS, TAIL_QUANTILES } from '../../../src/roofline/tails.ts';
import { createDevice } from '../../../src/simulate/device.ts';
import { quantile, sortSample } from '../../../src/stats/sorted.ts';
import { accelerator, card, truth } from '../../fit/virtual.ts';
import { driveEngine } from './engine.ts';
import { attention, engine, pricer } from './loads.ts';

interface Cell {
  readonly input: number;
  readonly output: number;
  readonly streams: number;
  readonly kv?: number;
  readonly seats?: number;
}

/** Tails of a burst by the event-skipping scheduler, and of every token of the engine that walks step by step. */
function both({ input, output, streams, kv = 400_000, seats = 256 }: Cell) {
  const parameters = { ...truth, request_overhead_s: 0 };
  const device = createDevice({ accelerator, card, parameters, kvCapacityTokens: kv, maxNumSeqs: seats });
  const load: SimulatedLoad = {
    inputTokens: input,
    outputTokens: output,
    inputJitter: [0.8, 1],
    outputJitter: [0.9, 1.1],
    streams,
    turnAroundSeconds: 0,
    arrivalSeconds: 0,
    releaseSeconds: 0,
    warmUpRequests: 0,
    measuredRequests: 10 * streams,
    holdsLoad: false,
    seed: 3,
  };
  const schedule = simulate(attention, pricer, device.settings, load);
  const shape = {
    inputTokens: input,
    outputTokens: output,
    concurrency: streams,
    turnAroundSeconds: null,
    driving: {
      kind: 'burst',
      requests_per_stream: 10,
      input_jitter: [0.8, 1],
      output_jitter: [0.9, 1.1],
      statistic: 'mean',
    },
  } as const;
  const tails = tailsOf(priceRuns([schedule], card, parameters, { tensorParallel: 1 }), shape, 1, 0);
  return { tails, walked: driveEngine(device, load), pauses: schedule.pauses.length };
}

test.each<Cell>([
  { input: 128, output: 128, streams: 1 },
  { input: 1024, output: 256, streams: 32 },
  { input: 4096, output: 128, streams: 32 },
  { input: 12_000, output: 200, streams: 8 },
  { input: 512, output: 64, streams: 96, seats: 40 },
  { input: 1024, output: 512, streams: 64, kv: 40_000 },
  { input: 256, output: 1024, streams: 48, kv: 24_000 },
])('percentiles without walking are those of every token: %j', (cell) => {
  const { tails, walked, pauses } = both(cell);
  expect(pauses > 0).toBe(walked.preemptions > 0);
  for (const metric of TAIL_METRICS) {
    const sample = sortSample(walked.samples[metric])!;
    TAIL_QUANTILES.forEach((q, i) => {
      // Contexts of a long stretch are taken in pieces.
      expect(Math.abs(tails[metric]!.quantiles[i]! / quantile(sample, q) - 1)).toBeLessThan(1e-3);
    });
    const mean = sample.reduce((sum, value) => sum + value, 0) / sample.length;
    expect(Math.abs(tails[metric]!.mean / mean - 1)).toBeLessThan(1e-4);
  }
});

const steady = (input: number, output: number, concurrency: number) => ({
  inputTokens: input,
  outputTokens: output,
  concurrency,
  turnAroundSeconds: null,
  driving: { kind: 'steady', output_jitter: [0.9, 1.1] } as const,
});

describe('a steady loop', () => {
  test('means over its tails are the scheduler’s means', () => {
    const shape = steady(1024, 256, 24);
    const means = scheduledMeans(card, truth, engine, shape);
    const tails = scheduledTails(card, truth, engine, shape)!;
    expect(Math.abs(tails.ttft!.mean / means.ttftSeconds - 1)).toBeLessThan(0.03);
    expect(Math.abs(tails.tpot!.mean / means.tpotSeconds! - 1)).toBeLessThan(0.005);
    expect(Math.abs(tails.tbt!.mean / means.tpotSeconds! - 1)).toBeLessThan(0.005);
  });

  test('edges move TTFT by steps and stretch TPOT, as they do means', () => {
    const shape = steady(1024, 256, 24);
    const edges = { ttft_wait_steps: 2, decode_wait_steps: 5 };
    const bare = scheduledTails(card, truth, engine, shape, { edges: NO_EDGES })!;
    const moved = scheduledTails(card, truth, engine, shape, { edges })!;
    expect(moved.ttft!.quantiles[3]! - bare.ttft!.quantiles[3]!).toBeCloseTo(2 * bare.tpot!.mean, 9);
    expect(moved.tpot!.quantiles[3]! / bare.tpot!.quantiles[3]!).toBeCloseTo(1 + 5 / 255, 9);
  });

  test('what prompts add moves the slowest gaps, and the mean stays', () => {
    const shape = steady(2000, 128, 16);
    const traits = { step_spread: 0, prompt_step_ratio: 1.3, prompt_step_extra_s: 0.01 };
    const bare = scheduledTails(card, truth, engine, shape)!.tbt!;
    const more = scheduledTails(card, truth, engine, shape, { traits })!.tbt!;
    expect(more.quantiles[3]!).toBeGreaterThan(1.2 * bare.quantiles[3]!);
    expect(more.quantiles[0]!).toBeLessThan(bare.quantiles[0]!);
    expect(more.mean).toBeCloseTo(bare.mean, 9);
  });

  test('one batch has no tails, one stream has', () => {
    const shape = { ...steady(512, 64, 4), driving: { kind: 'batch' } as const };
    expect(scheduledTails(card, truth, engine, shape)).toBeNull();
    expect(scheduledTails(card, truth, engine, steady(512, 1, 1))!.tbt).toBeNull();
  });
});

test('a stalled start is the slowest percent of a burst, and its mean stays', () => {
  const driving = {
    kind: 'burst',
    requests_per_stream: 10,
    input_jitter: [0.8, 1],
    output_jitter: [0.8, 1],
    statistic: 'mean',
  } as const;
  const shape = { ...steady(1024, 256, 8), driving };
  const options = (stall_s: number) => ({ start: { queue_ratio: 1, stall_s } });
  const bare = scheduledTails(card, truth, engine, shape, options(0))!.ttft!;
  const stalled = scheduledTails(card, truth, engine, shape, options(0.1))!.ttft!;
  expect(stalled.quantiles[3]! - bare.quantiles[3]!).toBeCloseTo(0.09, 6);
  expect(stalled.quantiles[0]! - bare.quantiles[0]!).toBeCloseTo(-0.01, 3);
  expect(stalled.mean).toBeCloseTo(bare.mean, 9);
});
