import { describe, expect, test } from 'vitest';
import { childSeed, createRandom } from '../../src/stats/random.ts';
import { effectiveCount, halfWidth, RunningSeries, summarise } from '../../src/stats/running.ts';
import { aboveFloor, SAMPLE_FLOORS } from '../../src/stats/sample-floor.ts';
import { slopeTest } from '../../src/stats/slope.ts';
import { median, quantile, sortSample } from '../../src/stats/sorted.ts';
import { incompleteBeta, logGamma, studentTCdf, studentTQuantile } from '../../src/stats/student-t.ts';
import fc from '../property.ts';

describe('quantiles', () => {
  // numpy.percentile of [3, 6, 7, 8, 8, 9, 10, 13, 15, 16, 20] with its default method.
  const sample = sortSample([20, 3, 16, 6, 15, 7, 13, 8, 10, 8, 9])!;

  test.each([
    [0, 3],
    [0.25, 7.5],
    [0.5, 9],
    [0.75, 14],
    [0.95, 18],
    [0.99, 19.6],
    [1, 20],
  ])('q %d is numpy’s, linear', (q, value) => {
    expect(quantile(sample, q)).toBeCloseTo(value, 12);
  });

  test('nothing has no sample, and the input is not touched', () => {
    expect(sortSample([])).toBeNull();
    expect(median([])).toBeNull();
    const values = [3, 1, 2];
    expect(median(values)).toBe(2);
    expect(values).toEqual([3, 1, 2]);
  });

  test('lie between the extremes and never fall', () => {
    const values = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 });
    fc.assert(
      fc.property(
        values,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (v, a, b) => {
          const s = sortSample(v)!;
          const [low, high] = [quantile(s, Math.min(a, b)), quantile(s, Math.max(a, b))];
          expect(low).toBeGreaterThanOrEqual(Math.min(...v));
          expect(high).toBeLessThanOrEqual(Math.max(...v));
          expect(high).toBeGreaterThanOrEqual(low - 1e-6 * Math.abs(low));
        },
      ),
    );
  });
});

test('a percentile needs its number of samples', () => {
  for (const { q, samples } of SAMPLE_FLOORS) {
    expect(aboveFloor(q, samples)).toBe(true);
    expect(aboveFloor(q, samples - 1)).toBe(false);
  }
  expect(aboveFloor(0.42, 1e9)).toBe(false);
});

describe('Student’s t', () => {
  // Tables of the distribution.
  test.each([
    [0.975, 1, 12.706204736],
    [0.975, 2, 4.30265273],
    [0.95, 5, 2.015048373],
    [0.975, 10, 2.228138852],
    [0.995, 3, 5.84090931],
    [0.975, 30, 2.042272456],
    [0.975, 1000, 1.962339081],
    [0.9, 4, 1.533206274],
  ])('quantile %d with %d degrees', (p, degrees, t) => {
    expect(studentTQuantile(p, degrees)).toBeCloseTo(t, 7);
    expect(studentTQuantile(1 - p, degrees)).toBeCloseTo(-t, 7);
  });

  test('cdf is the inverse of the quantile, for any degrees', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        fc.double({ min: 0.5, max: 500, noNaN: true }),
        (p, d) => {
          expect(studentTCdf(studentTQuantile(p, d), d)).toBeCloseTo(p, 9);
        },
      ),
    );
  });

  test('its special functions', () => {
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
    expect(logGamma(10)).toBeCloseTo(Math.log(362880), 11);
    expect(incompleteBeta(0.3, 2, 3)).toBeCloseTo(0.3483, 12);
    expect(incompleteBeta(0, 2, 3)).toBe(0);
    expect(incompleteBeta(1, 2, 3)).toBe(1);
  });
});

describe('a series', () => {
  test('has the mean, spread, dependence and interval of its definition', () => {
    const series = summarise([1, 2, 3, 4, 5, 4, 3, 2])!;
    expect(series.mean).toBe(3);
    expect(series.standardDeviation).toBeCloseTo(Math.sqrt(12 / 7), 12);
    // Σ (x_i − 3)(x_{i+1} − 3) = 2 + 0 + 0 + 2 + 2 + 0 + 0 = 6 over 12.
    expect(series.autocorrelation).toBeCloseTo(0.5, 12);
    expect(series.effectiveSamples).toBeCloseTo(8 / 3, 12);
    expect(series.halfWidth95).toBeCloseTo(
      (studentTQuantile(0.975, 5 / 3) * series.standardDeviation) / Math.sqrt(8 / 3),
      9,
    );
  });

  test('keeps its digits far from zero', () => {
    const series = summarise([1e9 + 1, 1e9 + 2, 1e9 + 3])!;
    expect(series.mean).toBe(1e9 + 2);
    expect(series.standardDeviation).toBeCloseTo(1, 9);
  });

  test('grows one value at a time to what a whole pass gives', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 3, maxLength: 60 }),
        (values) => {
          const running = new RunningSeries();
          for (const value of values) running.add(value);
          const { mean, standardDeviation, autocorrelation } = running.summary()!;
          const m = values.reduce((a, b) => a + b, 0) / values.length;
          const squares = values.reduce((a, b) => a + (b - m) ** 2, 0);
          const products = values.slice(1).reduce((a, b, i) => a + (b - m) * (values[i]! - m), 0);
          expect(mean).toBeCloseTo(m, 6);
          expect(standardDeviation).toBeCloseTo(Math.sqrt(squares / (values.length - 1)), 4);
          if (squares > 1) expect(autocorrelation).toBeCloseTo(products / squares, 4);
        },
      ),
    );
  });

  test('of one value has no interval, of equal values a width of 0, of none no summary', () => {
    expect(summarise([5])!.halfWidth95).toBeNull();
    expect(summarise([5, 5, 5])!.halfWidth95).toBe(0);
    expect(summarise([])).toBeNull();
  });

  test('alternating values are not taken for extra evidence', () => {
    expect(effectiveCount(100, -0.9)).toBe(100);
    expect(effectiveCount(100, 0.5)).toBeCloseTo(100 / 3, 9);
    expect(effectiveCount(1, 0.9)).toBe(1);
  });

  test('the 95 % interval of independent values holds the mean about 95 times in 100', () => {
    const random = createRandom(3);
    let held = 0;
    for (let round = 0; round < 400; round++) {
      // Sums of uniforms: near enough to normal. True mean 3.
      const values = Array.from({ length: 12 }, () =>
        [1, 2, 3, 4, 5, 6].reduce((sum) => sum + random.uniform(), 0),
      );
      const { mean, standardDeviation } = summarise(values)!;
      if (Math.abs(mean - 3) <= halfWidth(standardDeviation, 12, 0.95)) held += 1;
    }
    expect(held / 400).toBeGreaterThan(0.92);
    expect(held / 400).toBeLessThan(0.98);
  });
});

describe('a slope', () => {
  const x = Array.from({ length: 40 }, (_, i) => i);

  test('is that of least squares', () => {
    const test_ = slopeTest(
      x,
      x.map((value) => 2 + 0.5 * value + (value % 2 === 0 ? 0.1 : -0.1)),
    )!;
    expect(test_.slope).toBeCloseTo(0.5, 2);
    expect(test_.change).toBeCloseTo(19.5, 1);
    expect(test_.pValue).toBeLessThan(1e-9);
  });

  test('of noise is seldom significant', () => {
    const random = createRandom(7);
    let significant = 0;
    for (let round = 0; round < 300; round++) {
      if (
        slopeTest(
          x,
          x.map(() => random.uniform()),
        )!.pValue < 0.05
      )
        significant += 1;
    }
    expect(significant / 300).toBeLessThan(0.1);
  });

  test('needs points, and a spread of x', () => {
    expect(slopeTest([1, 2, 3], [1, 2, 3])).toBeNull();
    expect(slopeTest([1, 1, 1, 1], [1, 2, 3, 4])).toBeNull();
    expect(slopeTest([1, 2, 3, 4], [5, 5, 5, 5])!.pValue).toBe(1);
  });
});

describe('random numbers', () => {
  test('a seed gives the same numbers, another seed others', () => {
    const draw = (seed: number) => Array.from({ length: 5 }, createRandom(seed).uniform);
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(childSeed(1, 0)).not.toBe(childSeed(1, 1));
    expect(childSeed(1, 1)).not.toBe(childSeed(2, 0));
  });

  test('are uniform, whole ones with both ends', () => {
    const random = createRandom(5);
    const values = Array.from({ length: 4000 }, () => random.uniform());
    expect(summarise(values)!.mean).toBeCloseTo(0.5, 1);
    expect(new Set(Array.from({ length: 200 }, () => random.int(2, 4)))).toEqual(new Set([2, 3, 4]));
  });
});
