import { expect, test } from 'vitest';
import { Belief, type Row } from '../../src/fit/next-belief.ts';
import fc from '../property.ts';

const row = (slopes: readonly number[], group = 'g', own_variance = 0.01): Row => ({
  slopes,
  group,
  shared_variance: 0.04,
  own_variance,
});

const slope = fc.double({ min: -2, max: 2, noNaN: true });
const rows = fc.array(
  fc.record({ slopes: fc.tuple(slope, slope, slope), group: fc.constantFrom('a', 'b', 'c') }),
  {
    minLength: 1,
    maxLength: 2,
  },
);

test('what a measurement would save is what it saves, and nothing becomes less certain', () => {
  fc.assert(
    fc.property(rows, fc.tuple(slope, slope, slope), (made, asked) => {
      const measured = made.map(({ slopes, group }) => row(slopes, group));
      const before = Belief.prior([0.64, 0.09, 0.02], measured);
      const after = before.after(measured);
      const saved = before.varianceSaved(measured, [{ slopes: asked, weight: 2 }]);
      expect(saved).toBeCloseTo(2 * (before.variance(asked) - after.variance(asked)), 9);
      expect(saved).toBeGreaterThanOrEqual(-1e-12);
      const volume = before.logDeterminantSaved(measured, before.precision());
      expect(volume).toBeGreaterThanOrEqual(-1e-12);
    }),
  );
});

test('the determinant falls by as much as the precision says', () => {
  const measured = [row([1, 0]), row([0.5, 1])];
  const before = Belief.prior([1, 1], measured);
  const after = before.after(measured);
  const [a, b, c] = [after.precision().get(0, 0), after.precision().get(1, 1), after.precision().get(0, 1)];
  expect(before.logDeterminantSaved(measured, before.precision())).toBeCloseTo(Math.log(a * b - c * c), 9);
});

test('a known answer: one parameter, one measurement', () => {
  const one = row([1], 'g', 0.01);
  // Prior 1, noise 0.04 + 0.01: posterior 1·0.05/1.05.
  expect(Belief.prior([1], [one]).after([one]).variance([1])).toBeCloseTo(0.05 / 1.05, 12);
});

test('a second cell of the same group tells less than one of another', () => {
  const same = [row([1], 'decode 8'), row([1], 'decode 8')];
  const other = [row([1], 'decode 8'), row([1], 'decode 64')];
  const left = (all: readonly Row[]): number => Belief.prior([1], all).after(all).variance([1]);
  expect(left(other)).toBeLessThan(0.7 * left(same));
  // However often it is repeated, the misfit that its cells share stays.
  const often = Array.from({ length: 50 }, () => row([1], 'decode 8'));
  const belief = often.reduce((known, one) => known.after([one]), Belief.prior([1], often));
  expect(belief.variance([1])).toBeGreaterThan(0.9 * (0.04 / 1.04));
});

test('a whole covariance may stand before the rows', () => {
  const diagonal = Belief.prior([0.64, 0.09], []);
  expect(
    Belief.prior(
      [
        [0.64, 0],
        [0, 0.09],
      ],
      [],
    ).variance([1, 2]),
  ).toBeCloseTo(diagonal.variance([1, 2]), 12);
  const together = Belief.prior(
    [
      [1, -0.9],
      [-0.9, 1],
    ],
    [],
  );
  expect(together.variance([1, 1])).toBeCloseTo(0.2, 12);
});
