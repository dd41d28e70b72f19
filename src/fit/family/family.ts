import { Matrix } from 'ml-matrix';
import { beforeAnyFit, COORDINATES } from './coordinates.ts';
import { jointSpreads } from './joint-spreads.ts';
import { likelySpreads } from './likely-spreads.ts';
import type { Member, Traits } from './member.ts';
import { betweenServers, ownVariance, type Spreads, shared } from './spread.ts';
import { toldBy, weigh } from './whole-likelihoods.ts';

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
  const told = toldBy(members);
  const between = COORDINATES.map((name) => betweenServers(name, spreads[name], own[name], members));
  const { pulls, information } = weigh(told, between);
  return { members, spreads, expect: (traits) => expectation(traits) };

  function expectation(traits: Traits): Expected {
    const common = (name: (typeof COORDINATES)[number], other: Traits): number =>
      shared(name, spreads[name], other, traits);
    // Covariance of the server's coordinates with each direction that was told of.
    const cross = COORDINATES.map((name, c) => {
      const byMember = members.map((member) => common(name, member.traits));
      return told.map(({ member, slope }) => byMember[member]! * slope[c]!);
    });
    const known = quadratic(cross, information);
    return {
      centre: COORDINATES.map(
        (name, c) =>
          beforeAnyFit(name).centre + cross[c]!.reduce((sum, value, p) => sum + value * pulls[p]!, 0),
      ),
      covariance: COORDINATES.map((name, c) =>
        COORDINATES.map((_, d) => {
          const alone = (): number =>
            common(name, traits) + ownVariance(name, spreads[name], traits, members);
          return (c === d ? alone() : 0) - known[c]![d]!;
        }),
      ),
    };
  }
}

/** X A Xᵀ, symmetric to the last digit. */
function quadratic(rows: readonly (readonly number[])[], inner: Matrix): number[][] {
  const x = new Matrix(rows.map((row) => [...row]));
  const product = x.mmul(inner).mmul(x.transpose());
  return product.add(product.transpose()).mul(0.5).to2DArray();
}
