import { Matrix } from 'ml-matrix';
import { expect, test } from 'vitest';
import { covarianceOf, groupedCovariance } from '../../src/fit/covariance.ts';

test('straight line with unit errors: the textbook covariance', () => {
  const jacobian = new Matrix([0, 1, 2, 3].map((x) => [1, x]));
  const { matrix, standardErrors, correlations } = covarianceOf(jacobian);
  expect(matrix[0]![0]).toBeCloseTo(0.7, 12);
  expect(matrix[1]![1]).toBeCloseTo(0.2, 12);
  expect(matrix[0]![1]).toBeCloseTo(-0.3, 12);
  expect(standardErrors[1]).toBeCloseTo(Math.sqrt(0.2), 12);
  expect(correlations[0]![1]).toBeCloseTo(-0.3 / Math.sqrt(0.14), 12);
});

test('columns of very different size do not spoil the condition number', () => {
  const jacobian = new Matrix([
    [1e9, 0],
    [0, 1e-9],
  ]);
  expect(covarianceOf(jacobian).condition).toBeCloseTo(1, 9);
});

const mean = new Matrix([[1], [1], [1], [1]]);

test('four residuals that share their whole error are worth one', () => {
  const shared = Array.from({ length: 4 }, () => ({ group: 'a', share: 1 }));
  expect(groupedCovariance(mean, shared).matrix[0]![0]).toBeCloseTo(1, 12);
});

test('nothing shared, or nobody to share with, leaves the covariance as it was', () => {
  const none = Array.from({ length: 4 }, () => ({ group: 'a', share: 0 }));
  const alone = Array.from({ length: 4 }, (_, i) => ({ group: String(i), share: 1 }));
  expect(groupedCovariance(mean, none).matrix[0]![0]).toBeCloseTo(0.25, 12);
  expect(groupedCovariance(mean, alone).matrix[0]![0]).toBeCloseTo(0.25, 12);
});
