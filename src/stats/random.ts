import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A seeded source of random numbers: the same seed gives the same numbers on every machine. */
export interface Random {
  /** In [0, 1). */
  uniform(): number;
  /** Whole number between `low` and `high`, both included. */
  int(low: number, high: number): number;
}

/** @param seed any whole number; nearby seeds give unrelated series */
export function createRandom(seed: number): Random {
  const generator = xoroshiro128plus(scramble(seed));
  return {
    uniform: () => uniformFloat64(generator),
    int: (low, high) => uniformInt(generator, low, high),
  };
}

/** The seed of one of many series that belong together, for example one a stream or a cell. */
export function childSeed(seed: number, index: number): number {
  return scramble(Math.imul(scramble(seed), 31) + index + 1);
}

/** Mixes the bits of a seed (the finaliser of MurmurHash3). */
function scramble(seed: number): number {
  let h = (seed ^ Math.floor(seed / 0x1_0000_0000)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
