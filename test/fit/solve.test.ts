import { expect, test } from 'vitest';
import type { LeastSquares } from '../../src/fit/least-squares.ts';
import { marquardt } from '../../src/fit/marquardt.ts';
import { solve, solveWithLibrary } from '../../src/fit/solve.ts';

const x = Array.from({ length: 20 }, (_, i) => i / 4);
const decay: LeastSquares = {
  residuals: ([a, b]) => x.map((value) => a! * Math.exp(-b! * value) - 5 * Math.exp(-0.7 * value)),
  lower: [-100, -10],
  upper: [100, 10],
  difference: () => 1e-4,
};

test('a start from which the library alone diverges and throws still ends at the solution', () => {
  const { point, sumOfSquares } = solve(decay, [0.05, 0.9]);
  expect(point[0]).toBeCloseTo(5, 6);
  expect(point[1]).toBeCloseTo(0.7, 6);
  expect(sumOfSquares).toBeLessThan(1e-12);
});

test('the guard never returns something worse than its start', () => {
  const start = [60, -2];
  const before = decay.residuals(start).reduce((sum, r) => sum + r * r, 0);
  expect(solveWithLibrary(decay, start).sumOfSquares).toBeLessThanOrEqual(before);
});

test('a solution outside the box ends on its edge, with the rest at the constrained optimum', () => {
  const boxed = { ...decay, upper: [4, 10] };
  const { point, status } = marquardt(boxed, [1, 1]);
  expect(status).toBe('converged');
  expect(point[0]).toBe(4);
  const cost = (b: number) => boxed.residuals([4, b]).reduce((sum, r) => sum + r * r, 0);
  expect(cost(point[1]!)).toBeLessThan(cost(point[1]! + 1e-3));
  expect(cost(point[1]!)).toBeLessThan(cost(point[1]! - 1e-3));
});

test('the same problem gives the same answer, digit for digit', () => {
  expect(solve(decay, [1, 1])).toEqual(solve(decay, [1, 1]));
});
