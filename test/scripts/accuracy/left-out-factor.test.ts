import { expect, test } from 'vitest';
import { leftOutFactor } from '../../../scripts/accuracy/power/left-out-factor.ts';
import { createRandom } from '../../../src/stats/random.ts';

test('single members: the ceil(0.9 (n + 1))-th smallest', () => {
  const sizes = [5, 3, 1, 2, 4, 10, 6, 8, 7, 9];
  expect(leftOutFactor(sizes.map((size) => [size]))).toBe(10);
  expect(leftOutFactor(Array.from({ length: 19 }, (_, index) => [index + 1]))).toBe(18);
});

test('eight groups cannot tell, nine can', () => {
  const groups = (count: number): number[][] => Array.from({ length: count }, () => [1]);
  expect(leftOutFactor(groups(8))).toBe(Number.POSITIVE_INFINITY);
  expect(leftOutFactor(groups(9))).toBe(1);
});

test('a group counts once, however many members it has', () => {
  const few = Array.from({ length: 18 }, () => [1]);
  expect(leftOutFactor([...few, Array(1000).fill(50)])).toBe(1);
});

test('nine in ten members of a group to come lie inside, though members of one group err together', () => {
  const random = createRandom(7);
  const spread = (width: number): number => width * (random.uniform() + random.uniform() - 1);
  const group = (): number[] => {
    const shift = spread(3);
    return Array.from({ length: 7 }, () => Math.abs(shift + spread(1)));
  };
  let inside = 0;
  for (let trial = 0; trial < 600; trial += 1) {
    const factor = leftOutFactor(Array.from({ length: 22 }, group));
    inside += group().filter((size) => size <= factor).length;
  }
  expect(inside / (600 * 7)).toBeGreaterThan(0.88);
  expect(inside / (600 * 7)).toBeLessThan(0.96);
});
