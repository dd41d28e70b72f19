import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { beforeAnyFit, COORDINATES } from './coordinates.ts';
import type { Member } from './member.ts';

/** Directions that tell less than this, in standard deviations of 1, are rounding. */
const LEAST = 1e-6;

/** One direction that the cells of a member told of: a combination of its coordinates that is known to a standard deviation of 1. */
export interface Told {
  /** Place among the members. */
  readonly member: number;
  /** Over `COORDINATES`. */
  readonly slope: readonly number[];
  /** What the member found there, less what is believed before any fit. */
  readonly off: number;
}

/** Members' likelihoods as independent directions: the squares of a member's slopes add up to its precision. */
export const directionsOf = (members: readonly Member[]): Told[] =>
  members.flatMap(({ found, precision }, member) => {
    const { realEigenvalues: values, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(
      new Matrix(precision.map((row) => [...row])),
      { assumeSymmetric: true },
    );
    const offsets = COORDINATES.map((name, c) => {
      const { centre } = beforeAnyFit(name);
      return (found[c] ?? centre) - centre;
    });
    return values.flatMap((value, i): Told[] => {
      if (value < LEAST) return [];
      const slope = vectors.getColumn(i).map((each) => each * Math.sqrt(value));
      return [{ member, slope, off: slope.reduce((sum, each, c) => sum + each * offsets[c]!, 0) }];
    });
  });

/** Matrices over the members, by coordinate. */
export type ByCoordinate = readonly (readonly (readonly number[])[])[];

export interface Weighed {
  /** How the members pull on their values: by coordinate, then member. */
  readonly pulls: readonly (readonly number[])[];
  /** Information that each two of them give of a coordinate. */
  readonly information: ByCoordinate;
}

/**
 * Everything that was told, weighed under a covariance of the servers' true values: with rows R of directions, offsets d and
 * covariance B, pulls are Rᵀ(I + R B Rᵀ)⁻¹d, and the information is Rᵀ(I + R B Rᵀ)⁻¹R.
 */
export function weigh(told: readonly Told[], members: number, between: ByCoordinate): Weighed {
  const size = COORDINATES.length;
  const spread = Matrix.eye(told.length);
  told.forEach((a, p) => {
    for (let q = 0; q <= p; q += 1) {
      const b = told[q]!;
      let sum = spread.get(p, q);
      for (let c = 0; c < size; c += 1) sum += a.slope[c]! * between[c]![a.member]![b.member]! * b.slope[c]!;
      spread.set(p, q, sum);
      spread.set(q, p, sum);
    }
  });
  const solver = new CholeskyDecomposition(spread);
  const inverse = solver.solve(Matrix.eye(told.length));
  const weights = solver.solve(Matrix.columnVector(told.map(({ off }) => off))).getColumn(0);
  const pulls = COORDINATES.map(() => new Array<number>(members).fill(0));
  const information = COORDINATES.map(() =>
    Array.from({ length: members }, () => new Array<number>(members).fill(0)),
  );
  told.forEach((a, p) => {
    for (let c = 0; c < size; c += 1) pulls[c]![a.member]! += a.slope[c]! * weights[p]!;
    told.forEach((b, q) => {
      const joint = inverse.get(p, q);
      for (let c = 0; c < size; c += 1)
        information[c]![a.member]![b.member]! += a.slope[c]! * joint * b.slope[c]!;
    });
  });
  return { pulls, information };
}
