import { LuDecomposition, Matrix } from 'ml-matrix';
import { beforeAnyFit, COORDINATES } from './coordinates.ts';
import { jointSpreads } from './joint-spreads.ts';
import { likelySpreads } from './likely-spreads.ts';
import type { Member, Traits } from './member.ts';
import { betweenServers, ownVariance, type Spreads, shared } from './spread.ts';

/** What is expected of a server that no cell was measured on, over `COORDINATES`. */
export interface Expected {
  readonly centre: readonly number[];
  readonly covariance: readonly (readonly number[])[];
}

export interface Family {
  readonly members: readonly Member[];
  readonly spreads: Spreads;
  readonly expect: (traits: Traits) => Expected;
}

/**
 * Many fits as one: each coordinate of a server is a common value plus what its device, its engine, its kind of model, its
 * model and it alone add, all normal (a mixed model with crossed effects). Fits count as their likelihoods, whole covariance
 * included, so what one cannot tell apart others do.
 */
export function familyOf(members: readonly Member[]): Family {
  const { spreads: apart, own } = likelySpreads(members);
  const spreads = jointSpreads(members, apart, own);
  const [count, size] = [members.length, COORDINATES.length];
  const total = count * size;
  // Index of a coordinate of a member: member by member.
  const common = (a: Traits, b: Traits): number[] =>
    COORDINATES.map((coordinate) => shared(coordinate, spreads[coordinate], a, b));
  const between = Matrix.zeros(total, total);
  COORDINATES.forEach((name, c) => {
    betweenServers(name, spreads[name], own[name], members).forEach((row, i) => {
      row.forEach((value, j) => {
        between.set(i * size + c, j * size + c, value);
      });
    });
  });
  const precision = Matrix.zeros(total, total);
  const off = Matrix.zeros(total, 1);
  members.forEach((member, i) => {
    member.precision.forEach((row, a) => {
      let told = 0;
      row.forEach((value, b) => {
        precision.set(i * size + a, i * size + b, value);
        const { centre } = beforeAnyFit(COORDINATES[b]!);
        told += value * ((member.found[b] ?? centre) - centre);
      });
      off.set(i * size + a, 0, told);
    });
  });
  const system = precision.mmul(between).add(Matrix.eye(total));
  const solver = new LuDecomposition(system);
  const pull = total === 0 ? off : solver.solve(off);
  const gain = total === 0 ? precision : solver.solve(precision);
  return { members, spreads, expect: (traits) => expectation(traits) };

  function expectation(traits: Traits): Expected {
    const cross = Matrix.zeros(size, total);
    members.forEach((member, i) => {
      common(member.traits, traits).forEach((value, c) => {
        cross.set(c, i * size + c, value);
      });
    });
    const moved = cross.mmul(pull);
    const known = cross.mmul(gain).mmul(cross.transpose());
    const alike = common(traits, traits);
    const isKnown = members.some(({ traits: { model } }) => model === traits.model);
    return {
      centre: COORDINATES.map((coordinate, c) => beforeAnyFit(coordinate).centre + moved.get(c, 0)),
      covariance: COORDINATES.map((coordinate, c) =>
        COORDINATES.map((_, d) => {
          const alone = ownVariance(coordinate, spreads[coordinate], traits, isKnown);
          const before = c === d ? alike[c]! + alone : 0;
          return before - (known.get(c, d) + known.get(d, c)) / 2;
        }),
      ),
    };
  }
}
