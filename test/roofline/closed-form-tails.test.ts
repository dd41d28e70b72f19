import { describe, expect, test } from 'vitest';
import { closedLoopMeans } from '../../src/roofline/closed-form.ts';
import { closedLoopTails } from '../../src/roofline/closed-form-tails.ts';
import { gapTail, splitOf } from '../../src/roofline/gap-tail.ts';
import { scheduledTails } from '../../src/roofline/scheduler/scheduled-tails.ts';
import { gapsOfMix } from '../../src/roofline/step-mix.ts';
import { NO_TRAITS } from '../../src/roofline/tails.ts';
import { card, truth } from '../fit/virtual.ts';

const engine = { tensorParallel: 1, maxNumBatchedTokens: 8192, maxNumSeqs: 256, kvCapacityTokens: 2e6 };
const steady = (input: number, output: number, concurrency: number, turnAroundSeconds: number | null) => ({
  inputTokens: input,
  outputTokens: output,
  concurrency,
  turnAroundSeconds,
  driving: { kind: 'steady', output_jitter: [0.9, 1.1] } as const,
});

describe('the mix of steps', () => {
  test('8k/1k at 64 streams on H100: pure steps of 29 ms, 6.8 % of 402 ms, a mean of 54 ms', () => {
    const mix = { pureSeconds: 0.029, promptSeconds: 0.373, promptsPerStep: 0.068, size: 0.907 };
    const { mean, quantiles } = gapTail(gapsOfMix(mix), 1, NO_TRAITS, 0.029 + 0.068 * 0.373)!;
    const [p50, p90, p95, p99] = quantiles;
    expect(mean).toBeCloseTo(0.0544, 4);
    expect([p50, p90]).toEqual([0.029, 0.029].map((each) => expect.closeTo(each, 9)));
    expect([p95, p99]).toEqual([0.402, 0.402].map((each) => expect.closeTo(each, 9)));
    const split = splitOf(gapsOfMix(mix), 1, NO_TRAITS, mean)!;
    expect(split.pureSeconds).toBeCloseTo(0.029, 9);
    expect(split.mixedShare).toBeCloseTo(0.068, 9);
    expect(split.mixedSeconds).toBeCloseTo(0.402, 9);
  });

  test('work is kept whatever the size of a prompt', () => {
    for (const size of [0.1, 0.3, 0.6, 1, 1.4, 3.2]) {
      const mix = { pureSeconds: 0.01, promptSeconds: 0.05, promptsPerStep: 0.15, size };
      const { plain, prompts, counts } = gapsOfMix(mix);
      const total = counts.reduce((sum, count) => sum + count, 0);
      const mean = plain.reduce((sum, each, i) => sum + ((each + prompts[i]!) * counts[i]!) / total, 0);
      expect(mean).toBeCloseTo(0.01 + 0.15 * 0.05, 5);
    }
  });
});

describe('percentiles in closed form are the scheduler’s', () => {
  test.each([
    [1024, 1024, 8, null],
    [1024, 1024, 64, null],
    [8192, 1024, 16, null],
    [512, 256, 32, 0.003],
    [4096, 512, 16, 0.003],
    [256, 512, 128, null],
    [512, 128, 1, 0.003],
  ])('%i/%i at %i streams, turn-around %s s', (input, output, streams, turnAround) => {
    const shape = steady(input, output, streams, turnAround);
    expect(closedLoopMeans(card, truth, engine, shape).rough).toBe(false);
    const form = closedLoopTails(card, truth, engine, shape)!;
    const scheduled = scheduledTails(card, truth, engine, shape)!;
    const off = (metric: 'ttft' | 'tpot' | 'e2e' | 'tbt', i: number): number =>
      Math.abs(form[metric]!.quantiles[i]! / scheduled[metric]!.quantiles[i]! - 1);
    for (const i of [0, 1, 2, 3]) {
      expect(off('tpot', i)).toBeLessThan(0.01);
      expect(off('e2e', i)).toBeLessThan(0.02);
      expect(off('tbt', i)).toBeLessThan(0.06);
    }
    expect(off('ttft', 0)).toBeLessThan(0.06);
  });

  const burst = (input: number, output: number, concurrency: number, rounds: number) => ({
    ...steady(input, output, concurrency, null),
    driving: {
      kind: 'burst',
      requests_per_stream: rounds,
      input_jitter: [0.8, 1],
      output_jitter: [0.8, 1],
      statistic: 'mean',
    } as const,
  });

  test.each([
    [1024, 1024, 4, 10],
    [1024, 1024, 64, 10],
    [8192, 1024, 16, 10],
    [8192, 1024, 64, 10],
    [1024, 8192, 32, 10],
    [1024, 1024, 16, 5],
  ])('a burst of %i/%i at %i streams, %i requests each', (input, output, streams, rounds) => {
    const shape = burst(input, output, streams, rounds);
    const start = { stall_s: 0.2, queue_ratio: 1.3 };
    const form = closedLoopTails(card, truth, engine, shape, { start })!;
    const scheduled = scheduledTails(card, truth, engine, shape, { start })!;
    const off = (metric: 'ttft' | 'tpot' | 'e2e' | 'tbt', i: number): number =>
      Math.abs(form[metric]!.quantiles[i]! / scheduled[metric]!.quantiles[i]! - 1);
    expect(off('ttft', 0)).toBeLessThan(0.06);
    expect(off('ttft', 3)).toBeLessThan(0.05);
    expect(off('tpot', 0)).toBeLessThan(0.03);
    expect(off('tpot', 3)).toBeLessThan(0.11);
    expect(off('tbt', 0)).toBeLessThan(0.02);
    expect(off('tbt', 3)).toBeLessThan(0.09);
    expect(off('e2e', 3)).toBeLessThan(0.05);
    expect(Math.abs(form.ttft!.mean / scheduled.ttft!.mean - 1)).toBeLessThan(0.05);
  });

  test('a burst that sends once is its first queue alone; the slowest waits for all', () => {
    const one = closedLoopTails(card, truth, engine, burst(2048, 256, 16, 1))!;
    const scheduled = scheduledTails(card, truth, engine, burst(2048, 256, 16, 1))!;
    for (const i of [0, 1, 3]) {
      expect(Math.abs(one.ttft!.quantiles[i]! / scheduled.ttft!.quantiles[i]! - 1)).toBeLessThan(0.15);
    }
  });

  test('none for a batch, and no gaps of a single token', () => {
    const batch = { ...steady(512, 64, 4, null), driving: { kind: 'batch' } as const };
    expect(closedLoopTails(card, truth, engine, batch)).toBeNull();
    expect(closedLoopTails(card, truth, engine, steady(512, 1, 4, null))).toMatchObject({
      tbt: null,
      tpot: null,
    });
  });
});
