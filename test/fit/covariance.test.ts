import { Matrix } from 'ml-matrix';
import { expect, test } from 'vitest';
import { covarianceOf, groupedCovariance, type RowError } from '../../src/fit/covariance.ts';

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

const four = (one: (i: number) => RowError): RowError[] => Array.from({ length: 4 }, (_, i) => one(i));

test('four residuals that share their whole error are worth one', () => {
  const shared = four(() => ({ sd: 0, group: 'a', shared_sd: 1 }));
  expect(groupedCovariance(mean, shared).matrix[0]![0]).toBeCloseTo(1, 12);
});

test('an error shared by all comes on top and does not average out; one of its own does', () => {
  const all = four(() => ({ sd: 1, group: 'a', shared_sd: 0.5 }));
  const own = four((i) => ({ sd: 1, group: String(i), shared_sd: 0.5 }));
  expect(groupedCovariance(mean, all).matrix[0]![0]).toBeCloseTo(1 / 4 + 0.25, 12);
  expect(groupedCovariance(mean, own).matrix[0]![0]).toBeCloseTo((1 + 0.25) / 4, 12);
});

test('nothing shared leaves the covariance as it was', () => {
  const none = four(() => ({ sd: 1, group: 'a', shared_sd: 0 }));
  expect(groupedCovariance(mean, none).matrix[0]![0]).toBeCloseTo(0.25, 12);
});

test('residuals that are less exact than they count widen the interval', () => {
  const loose = four((i) => ({ sd: i === 0 ? 2 : 1, group: String(i), shared_sd: 0 }));
  expect(groupedCovariance(mean, loose).matrix[0]![0]).toBeCloseTo((4 + 3) / 16, 12);
});
