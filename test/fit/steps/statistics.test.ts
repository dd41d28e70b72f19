import { Matrix } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { autocorrelations, independentSteps } from '../../../src/fit/steps/autocorrelation.ts';
import { decorrelate, decorrelateRows } from '../../../src/fit/steps/decorrelate.ts';
import { groupSteps } from '../../../src/fit/steps/step-groups.ts';
import { createRandom } from '../../../src/stats/random.ts';

const random = createRandom(7);
const normal = () =>
  Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());

describe('the correlation of successive steps', () => {
  test('of a persistent noise makes many steps worth few', () => {
    let state = 0;
    const residuals = Array.from({ length: 5000 }, (_, index) => {
      state = 0.6 * state + normal();
      return { index, z: state };
    });
    const found = autocorrelations(residuals);
    expect(found[1]!).toBeCloseTo(0.6, 1);
    const worth = independentSteps(
      residuals.map(({ index }) => index),
      found,
    );
    expect(worth / 5000).toBeGreaterThan(0.2);
    expect(worth / 5000).toBeLessThan(0.32);
  });

  test('of stamps that are late by chance is negative, and counts only between neighbours', () => {
    const late = Array.from({ length: 4001 }, normal);
    const found = autocorrelations(late.slice(1).map((at, index) => ({ index, z: at - late[index]! })));
    expect(found[1]!).toBeCloseTo(-0.5, 1);
    expect(independentSteps([0, 10, 20, 30], found)).toBe(4);
    expect(independentSteps([0, 1, 2, 3], found)).toBeGreaterThan(8);
  });
});

test('rows that share an error are of unit variance and independent once it is taken out', () => {
  const shared = [{ rows: [0, 2, 3], u: [2, 1, 0.5] }];
  const transform = Matrix.eye(4);
  decorrelateRows(transform, shared);
  const u = Matrix.columnVector([2, 0, 1, 0.5]);
  const covariance = Matrix.add(Matrix.eye(4), u.mmul(u.transpose()));
  const left = transform.mmul(covariance).mmul(transform.transpose());
  for (const [i, row] of left.to2DArray().entries())
    for (const [j, value] of row.entries()) expect(value).toBeCloseTo(i === j ? 1 : 0, 9);
  const values = [1, 5, -2, 3];
  decorrelate(values, shared);
  const expected = transform.mmul(Matrix.columnVector([1, 5, -2, 3])).to1DArray();
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i]!, 9);
});

test('a step that something held up is set aside, and does not move the mean of its group', () => {
  const steps = Array.from({ length: 60 }, (_, index) => ({
    index: 2 * index,
    load: { prefills: [], decodes: 12, decodeContext: 1100 + index },
    seconds: 0.01 + 1e-6 * index + (index === 30 ? 0.05 : 1e-5 * normal()),
  }));
  const { groups, held_up } = groupSteps(steps);
  expect(held_up).toBe(1);
  expect(groups[0]!.seconds).toBeCloseTo(0.01003, 5);
});
