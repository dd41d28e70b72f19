import { Matrix } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { informationShares } from '../../src/fit/information.ts';

describe('what rows give of what is known', () => {
  test('of one column: their squares', () => {
    const shares = informationShares(new Matrix([[3], [4]]), [[0], [1]]);
    expect(shares[0]![0]).toBeCloseTo(9 / 25);
    expect(shares[1]![0]).toBeCloseTo(16 / 25);
  });

  test('of columns that go together: along what is left of each when the other follows', () => {
    // The sum is known by the first row, the difference by the second: each column half by either.
    const jacobian = new Matrix([
      [1, 1],
      [1, -1],
      [0, 1e-9],
    ]);
    const shares = informationShares(jacobian, [[0], [1], [2]]);
    for (const column of [0, 1]) {
      expect(shares[0]![column]).toBeCloseTo(0.5);
      expect(shares[1]![column]).toBeCloseTo(0.5);
      expect(shares[2]![column]).toBeCloseTo(0);
    }
  });

  test('adds up to one in every column', () => {
    const jacobian = new Matrix([
      [2, 1, 0],
      [1, 3, 1],
      [0, 1, 2],
      [1, 0, 0.1],
      [0.2, 0, 0],
    ]);
    const shares = informationShares(jacobian, [[0, 1], [2, 3], [4]]);
    for (const column of [0, 1, 2])
      expect(shares.reduce((sum, source) => sum + source[column]!, 0)).toBeCloseTo(1);
  });
});
