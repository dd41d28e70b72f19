import { expect, test } from 'vitest';
import { robustSpread } from '../../src/stats/robust-spread.ts';

test('middle and spread of values, whatever a few of them are', () => {
  const values = [1, 2, 3, 4, 5, 6, 7];
  const { middle, sd } = robustSpread(values)!;
  expect(middle).toBe(4);
  expect(sd).toBeCloseTo(2 * 1.4826, 9);
  expect(robustSpread([...values.slice(0, -1), 1e9])).toEqual({ middle, sd });
  expect(robustSpread([])).toBeNull();
});
