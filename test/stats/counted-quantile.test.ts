import { expect, test } from 'vitest';
import { countedQuantiles } from '../../src/stats/counted-quantile.ts';
import { quantile, sortSample } from '../../src/stats/sorted.ts';
import { mixtureQuantiles, spreadQuantiles } from '../../src/stats/spread-quantile.ts';
import fc from '../property.ts';

const counted = (pairs: readonly (readonly [number, number])[]) => ({
  values: Float64Array.from(pairs, ([value]) => value),
  counts: Float64Array.from(pairs, ([, count]) => count),
});

const QS = [0, 0.01, 0.5, 0.9, 0.95, 0.99, 1];

test('quantiles of counted values are those of the sample written out', () => {
  const pair = fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 9 }));
  const isRight = (pairs: readonly (readonly [number, number])[]): void => {
    const written = pairs.flatMap(([value, count]) => Array.from({ length: count }, () => value));
    const sample = sortSample(written);
    const found = countedQuantiles(counted(pairs), QS);
    if (sample === null) expect(found).toEqual([]);
    else expect(found).toEqual(QS.map((q) => expect.closeTo(quantile(sample, q), 9)));
  };
  fc.assert(fc.property(fc.array(pair, { minLength: 1, maxLength: 12 }), isRight));
});

test('a single value with a log-normal factor has the factor’s quantiles', () => {
  const [p50, p90, p99] = spreadQuantiles(counted([[0.02, 7]]), 0.05, [0.5, 0.9, 0.99]);
  expect(p50).toBeCloseTo(0.02, 6);
  expect(p90! / 0.02).toBeCloseTo(Math.exp(0.05 * 1.2816), 4);
  expect(p99! / 0.02).toBeCloseTo(Math.exp(0.05 * 2.3263), 4);
});

test('a small spread leaves two separate values where they are', () => {
  const sample = counted([
    [0.029, 932],
    [0.402, 68],
  ]);
  const [p50, p99] = spreadQuantiles(sample, 0.01, [0.5, 0.99]);
  expect(p50! / 0.029).toBeCloseTo(1, 2);
  expect(p99! / 0.402).toBeCloseTo(1, 1);
});

test('samples of different spread are taken together, each as large as its counts', () => {
  const fixed = { sample: counted([[0.01, 600]]), logSd: 0 };
  const wide = { sample: counted([[0.05, 400]]), logSd: 0.1 };
  const [p50, p80, p98] = mixtureQuantiles([fixed, wide], [0.5, 0.8, 0.98]);
  expect(p50! / 0.01).toBeCloseTo(1, 3);
  expect(p80! / 0.05).toBeCloseTo(1, 3);
  expect(p98! / 0.05).toBeCloseTo(Math.exp(0.1 * 1.6449), 3);
  expect(mixtureQuantiles([], [0.5])).toEqual([]);
});
