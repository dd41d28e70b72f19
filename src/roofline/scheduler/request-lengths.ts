import { childSeed, createRandom } from '../../stats/random.ts';
import { multipleOf } from '../driving.ts';

type Range = readonly [number, number];

/** Draws fill a range evenly within so many requests, so that few requests already have the range's mean. */
const STRATA = 16;

/** Lengths as of `requestLengths`, but even in the logarithm of the share; `lengths`: as of `multipleOf`. */
export function spreadLengths(
  nominal: number,
  spread: Range,
  seed: number,
  series: number,
  lengths?: number,
): () => number {
  const share = requestLengths(SPREAD_UNITS, [0, 1], seed, series);
  const last = 1 - 1 / SPREAD_UNITS;
  return () => {
    const uniform = lengths === undefined ? share() / SPREAD_UNITS : Math.min(last, share() / SPREAD_UNITS);
    return Math.max(1, Math.round(nominal * multipleOf(spread, uniform, lengths)));
  };
}

/** Whole numbers that stand for a share between 0 and 1. */
const SPREAD_UNITS = 1e6;

/** Lengths of requests in the order of sending, uniform over shares of a nominal length; never below 1. */
export function requestLengths(nominal: number, jitter: Range, seed: number, series: number): () => number {
  const [low, high] = jitter;
  if (low === high) {
    const length = Math.max(1, Math.round(nominal * low));
    return () => length;
  }
  const random = createRandom(childSeed(seed, series));
  let strata: number[] = [];
  return () => {
    if (strata.length === 0) strata = shuffled(STRATA, random.uniform);
    const share = (strata.pop()! + random.uniform()) / STRATA;
    return Math.max(1, Math.round(nominal * (low + share * (high - low))));
  };
}

function shuffled(count: number, uniform: () => number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let i = count - 1; i > 0; i -= 1) {
    const j = Math.floor(uniform() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
