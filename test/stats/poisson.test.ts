import { expect, test } from 'vitest';
import { poissonQuantile } from '../../src/stats/poisson.ts';

test('quantiles of Poisson numbers', () => {
  expect(poissonQuantile(1, 0.5)).toBe(1);
  expect(poissonQuantile(1, 0.99)).toBe(4);
  expect(poissonQuantile(100, 0.99)).toBe(124);
});
