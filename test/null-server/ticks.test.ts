import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Ticks } from '../../src/null-server/ticks.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const now = (): number => performance.now() / 1000;

/** Streams that note the time of each token, ms. */
function streams(ticks: Ticks, count: number, tokens: number, notBefore = 0): number[][] {
  return Array.from({ length: count }, () => {
    const times: number[] = [];
    ticks.add({ notBefore, token: () => times.push(Math.round(1000 * now())) < tokens });
    return times;
  });
}

describe('a period of 10 ms', () => {
  test('together: every stream gets its token on the same tick', () => {
    const ticks = new Ticks(10, 'together', now);
    const begin = 1000 * now();
    const all = streams(ticks, 3, 4, now() + 0.015);
    vi.advanceTimersByTime(100);
    const expected = [20, 30, 40, 50].map((ms) => Math.round(begin + ms));
    expect(all).toEqual([expected, expected, expected]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('spread: streams are a part of the period apart, each a period from token to token', () => {
    const all = streams(new Ticks(10, 'spread', now), 10, 3);
    vi.advanceTimersByTime(100);
    const firsts = all.map((times) => times[0]!).sort((a, b) => a - b);
    expect(firsts.slice(1).map((time, index) => time - firsts[index]!)).toEqual(new Array(9).fill(1));
    for (const times of all)
      expect(times.slice(1).map((time, index) => time - times[index]!)).toEqual([10, 10]);
  });

  test('a server that is late leaves rounds out instead of sending two tokens at once', () => {
    let late = 0;
    const ticks = new Ticks(10, 'together', () => now() + late);
    const [times] = streams(ticks, 1, 5);
    vi.advanceTimersByTime(10);
    late = 0.055;
    vi.advanceTimersByTime(100);
    expect(times).toHaveLength(5);
    expect(new Set(times).size).toBe(5);
    expect(ticks.skipped).toBeGreaterThanOrEqual(3);
  });
});
