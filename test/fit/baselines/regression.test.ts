import { describe, expect, test } from 'vitest';
import {
  leastRelativeSquares,
  leastRelativeSquaresAboveZero,
} from '../../../src/fit/baselines/regression.ts';
import fc from '../../property.ts';

const squares = (
  features: readonly (readonly number[])[],
  measured: readonly number[],
  coefficients: readonly number[],
): number =>
  features.reduce((sum, row, i) => {
    const predicted = row.reduce((total, value, j) => total + value * coefficients[j]!, 0);
    return sum + (predicted / measured[i]! - 1) ** 2;
  }, 0);

const problems = fc
  .array(
    fc.record({
      row: fc.tuple(
        fc.constant(1),
        fc.double({ min: 1, max: 100, noNaN: true }),
        fc.double({ min: 1, max: 1e6, noNaN: true }),
      ),
      measured: fc.double({ min: 1e-3, max: 10, noNaN: true }),
    }),
    { minLength: 5, maxLength: 12 },
  )
  .map((points) => ({
    features: points.map(({ row }) => row),
    measured: points.map(({ measured }) => measured),
  }));

describe('least squares of relative errors', () => {
  test('finds the coefficients of an exact line however different the columns are', () => {
    const rows = [1, 3, 7, 20, 50].map((n, i) => [1, n, 1e6 * (n + (i % 2))]);
    const truth = [4e-3, 2e-4, 5e-10];
    const measured = rows.map((row) => row.reduce((sum, value, j) => sum + value * truth[j]!, 0));
    const found = leastRelativeSquares(rows, measured)!;
    truth.forEach((value, j) => {
      expect(found[j]! / value).toBeCloseTo(1, 6);
    });
  });

  test('weighs a cell by its relative error: the constant of 1 and 3 is 6/5, not 2', () => {
    // Σ (a/y − 1)² is least at Σ y⁻¹ / Σ y⁻² = (1 + 1/3)/(1 + 1/9).
    expect(leastRelativeSquares([[1], [1]], [1, 3])![0]).toBeCloseTo(1.2, 12);
  });

  test('as many cells as coefficients determine them but show no error, so there is no answer', () => {
    const rows = [
      [1, 1],
      [1, 2],
    ];
    expect(leastRelativeSquares(rows, [1, 2])).toBeNull();
    expect(leastRelativeSquaresAboveZero(rows, [1, 2])).toBeNull();
  });

  test('columns that always move together have no answer', () => {
    const rows = [1, 2, 3, 4].map((n) => [1, n, 5 * n]);
    expect(leastRelativeSquares(rows, [1, 2, 3, 5])).toBeNull();
    expect(leastRelativeSquaresAboveZero(rows, [1, 2, 3, 5])).toBeNull();
  });

  test('without cells there is no answer', () => {
    expect(leastRelativeSquares([], [])).toBeNull();
  });
});

describe('coefficients that may not be below 0', () => {
  test('a falling curve gets a slope of 0', () => {
    const rows = [1, 2, 3, 4].map((n) => [1, n]);
    const [constant, slope] = leastRelativeSquaresAboveZero(rows, [4, 3, 2, 1])!;
    expect(slope).toBe(0);
    expect(constant).toBeCloseTo(
      leastRelativeSquares(
        rows.map(([one]) => [one!]),
        [4, 3, 2, 1],
      )![0]!,
      12,
    );
  });

  test('no small step that keeps them above 0 brings the squares down', () => {
    fc.assert(
      fc.property(problems, ({ features, measured }) => {
        const found = leastRelativeSquaresAboveZero(features, measured);
        fc.pre(found !== null);
        expect(Math.min(...found)).toBeGreaterThanOrEqual(0);
        const best = squares(features, measured, found);
        const scales = found.map((_, j) => {
          const column = features.map((row, i) => row[j]! / measured[i]!);
          return 1 / Math.hypot(...column);
        });
        for (const [j, scale] of scales.entries()) {
          for (const step of [1e-3, -1e-3]) {
            const moved = found.map((value, k) => (k === j ? Math.max(0, value + step * scale) : value));
            expect(squares(features, measured, moved)).toBeGreaterThanOrEqual(best * (1 - 1e-9) - 1e-12);
          }
        }
      }),
      { numRuns: 100, seed: 5 },
    );
  });

  test('they are those of the plain squares where these are above 0', () => {
    const rows = [1, 2, 3, 4].map((n) => [1, n]);
    const measured = [1.1, 2, 3.2, 3.9];
    expect(leastRelativeSquaresAboveZero(rows, measured)).toEqual(leastRelativeSquares(rows, measured));
  });
});
