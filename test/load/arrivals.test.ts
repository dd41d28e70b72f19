import { describe, expect, test } from 'vitest';
import { type Arrival, arrivalTimes, gapVariation, sendWhenDue } from '../../src/load/arrivals.ts';
import { Timers } from '../../src/load/timers.ts';
import type { Arrivals } from '../../src/run/schema.ts';
import fc from '../property.ts';

const of = (process: Arrivals['process'], rate_per_s = 5, burstiness: number | null = null): Arrivals => ({
  process,
  rate_per_s,
  burstiness,
  trace: null,
});
const take = (count: number, next: () => Arrival): number[] =>
  Array.from({ length: count }, () => next().at_s);
const gapsOf = (times: readonly number[]): number[] => times.slice(1).map((time, i) => time - times[i]!);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

describe('arrivals', () => {
  test('constant ones are exact multiples of the gap, a million requests on', () => {
    const times = take(1_000_001, arrivalTimes(of('constant', 3), null, 1));
    expect(times[0]).toBe(0);
    expect(times[1_000_000]).toBe(1_000_000 / 3);
  });

  test.each([
    ['poisson', null, 1],
    ['gamma', 0.25, 4],
    ['gamma', 1, 1],
    ['gamma', 4, 0.25],
  ] as const)('%s %s have the asked rate and variation', (process, burstiness, variation) => {
    const arrivals = of(process, 5, burstiness);
    const gaps = gapsOf(take(40_000, arrivalTimes(arrivals, null, 7)));
    expect(mean(gaps)).toBeCloseTo(0.2, 2);
    const usual = mean(gaps);
    const seen = mean(gaps.map((gap) => (gap / usual - 1) ** 2));
    expect(seen / variation).toBeGreaterThan(0.9);
    expect(seen / variation).toBeLessThan(1.1);
    expect(gapVariation(arrivals, null)).toBeCloseTo(variation, 12);
  });

  test('a seed gives one schedule, another seed another; time never goes back', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.constantFrom('constant', 'poisson', 'gamma'),
        fc.double({ min: 0.1, max: 8, noNaN: true }),
        (seed, process, shape) => {
          const arrivals = of(process, 2, process === 'gamma' ? shape : null);
          const times = take(200, arrivalTimes(arrivals, null, seed));
          expect(take(200, arrivalTimes(arrivals, null, seed))).toEqual(times);
          expect(gapsOf(times).every((gap) => gap >= 0)).toBe(true);
          if (process !== 'constant')
            expect(take(200, arrivalTimes(arrivals, null, seed + 1))).not.toEqual(times);
        },
      ),
    );
  });

  test('a trace is replayed at its speed with its own lengths, and begins anew a mean gap after its end', () => {
    const trace = { at_s: [0, 1, 4], input_tokens: [10, 20, 30], output_tokens: [1, 2, 3] };
    const arrivals = { ...of('trace', 1), trace: { digest: 'd', speed: 2 } };
    const next = arrivalTimes(arrivals, trace, 1);
    const all = Array.from({ length: 5 }, next);
    expect(all.map(({ at_s }) => at_s)).toEqual([0, 0.5, 2, 3, 3.5]);
    expect(all.map(({ lengths }) => lengths!.inputTokens)).toEqual([10, 20, 30, 10, 20]);
    expect(all[2]!.lengths).toEqual({ inputTokens: 30, outputTokens: 3 });
  });

  test('a late timer sends what was due at once and moves nothing after it', () => {
    let now = 0;
    const wakes: { time: number; wake: () => void }[] = [];
    const port = {
      now: () => now,
      at: (time: number, wake: () => void) => {
        wakes.push({ time, wake });
        return () => {};
      },
    };
    const timers = new Timers({ ...port, send: () => () => {} });
    const sent: { due: number; at: number }[] = [];
    sendWhenDue(port, timers, 100, arrivalTimes(of('constant', 10), null, 1), (_, due) =>
      sent.push({ due, at: now }),
    );
    const wakeAt = (time: number): void => {
      now = time;
      wakes.shift()!.wake();
    };
    wakeAt(100);
    wakeAt(100.35);
    expect(wakes.map(({ time }) => time)).toEqual([100.4]);
    wakeAt(100.4);
    expect(sent.map(({ due }) => due)).toEqual(
      [100, 100.1, 100.2, 100.3, 100.4].map((t) => expect.closeTo(t, 9)),
    );
    expect(sent.map(({ at }) => at)).toEqual([100, 100.35, 100.35, 100.35, 100.4]);
  });
});
