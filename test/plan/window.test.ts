import { expect, test } from 'vitest';
import { arrivalTimes, gapVariation } from '../../src/load/arrivals.ts';
import { littlesLawSd, requestsForLittlesLaw } from '../../src/plan/window.ts';

test('few streams need no more requests than the suite asks for', () => {
  expect([1, 2, 4, 5].map((streams) => requestsForLittlesLaw(streams))).toEqual([0, 0, 0, 0]);
});

test('with many streams chance stays below half of the 5 % that Little’s law is judged at', () => {
  for (const streams of [8, 16, 64, 512]) {
    const requests = requestsForLittlesLaw(streams);
    expect(littlesLawSd(streams, requests)).toBeLessThanOrEqual(0.025);
    expect(littlesLawSd(streams, requests - 1)).toBeGreaterThan(0.025);
  }
});

test('what the ends of a window cut by chance, seen on requests of a fixed stay', () => {
  // A stay of 1 s at 20 requests/s over 10 s, many times.
  const [stay, rate, seconds, repeats] = [1, 20, 10, 400];
  for (const process of ['constant', 'poisson', 'gamma'] as const) {
    const arrivals = { process, rate_per_s: rate, burstiness: process === 'gamma' ? 0.5 : null, trace: null };
    let squares = 0;
    for (let seed = 1; seed <= repeats; seed++) {
      const next = arrivalTimes(arrivals, null, seed);
      const start = 2 + seed * 0.0173;
      let [held, sent] = [0, 0];
      for (let { at_s } = next(); at_s < start + seconds; { at_s } = next()) {
        held += Math.max(0, Math.min(at_s + stay, start + seconds) - Math.max(at_s, start));
        if (at_s >= start) sent += 1;
      }
      squares += (held / seconds - (sent / seconds) * stay) ** 2;
    }
    const seen = Math.sqrt(squares / repeats) / (rate * stay);
    const expected = littlesLawSd(rate * stay, rate * seconds, gapVariation(arrivals, null));
    // Requests that are cut in step differ by their phase alone.
    if (process === 'constant') expect(seen).toBeLessThan(expected);
    else expect(seen / expected).toBeGreaterThan(0.85);
    expect(seen / expected).toBeLessThan(1.15);
  }
});
