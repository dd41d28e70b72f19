import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { beforeAnyFit, COORDINATES } from './coordinates.ts';
import type { Member } from './member.ts';

/** One direction that the cells of a member told of: a combination of its coordinates that is known to a standard deviation of 1. */
export interface Told {
  /** Place among the members. */
  readonly member: number;
  /** Over `COORDINATES`. */
  readonly slope: readonly number[];
  /** What the member found there, less what is believed before any fit. */
  readonly off: number;
}

/** Members' likelihoods as independent directions. */
export const toldBy = (members: readonly Member[]): Told[] =>
  members.flatMap(({ found, directions }, member) => {
    const offsets = COORDINATES.map((name, c) => {
      const { centre } = beforeAnyFit(name);
      return (found[c] ?? centre) - centre;
    });
    return directions.map((slope) => ({
      member,
      slope,
      off: slope.reduce((sum, each, c) => sum + each * offsets[c]!, 0),
    }));
  });

/** Covariances of the members' true values, by coordinate. */
export type ByCoordinate = readonly (readonly (readonly number[])[])[];

/** Everything that was told, weighed against how far servers differ. */
export interface Weighed {
  /** How hard each direction pulls. */
  readonly pulls: readonly number[];
  /** Information that each two of them give together. */
  readonly information: Matrix;
}

/**
 * Weighs what was told under a covariance of the servers' true values: with rows R of directions, offsets d and covariance B, pulls
 * are (I + R B Rᵀ)⁻¹d, and the information is (I + R B Rᵀ)⁻¹.
 */
export function weigh(told: readonly Told[], between: ByCoordinate): Weighed {
  // The library decomposes no empty matrix.
  if (told.length === 0) return { pulls: [], information: Matrix.zeros(0, 0) };
  const spread = Matrix.eye(told.length);
  told.forEach((a, p) => {
    for (let q = 0; q <= p; q += 1) {
      const b = told[q]!;
      const sum = COORDINATES.reduce(
        (so, _, c) => so + a.slope[c]! * between[c]![a.member]![b.member]! * b.slope[c]!,
        spread.get(p, q),
      );
      spread.set(p, q, sum);
      spread.set(q, p, sum);
    }
  });
  const solver = new CholeskyDecomposition(spread);
  return {
    pulls: solver.solve(Matrix.columnVector(told.map(({ off }) => off))).getColumn(0),
    information: solver.solve(Matrix.eye(told.length)),
  };
}

/** One coordinate of what was weighed, by member. */
export interface OfMembers {
  readonly pulls: readonly number[];
  readonly information: readonly (readonly number[])[];
}

/** Rᵀ times what was weighed, times R, over one coordinate of the members. */
export function ofMembers(
  told: readonly Told[],
  members: number,
  { pulls, information }: Weighed,
  c: number,
): OfMembers {
  const pulled = new Array<number>(members).fill(0);
  const joint = Array.from({ length: members }, () => new Array<number>(members).fill(0));
  told.forEach((a, p) => {
    pulled[a.member]! += a.slope[c]! * pulls[p]!;
    told.forEach((b, q) => {
      joint[a.member]![b.member]! += a.slope[c]! * information.get(p, q) * b.slope[c]!;
    });
  });
  return { pulls: pulled, information: joint };
}
