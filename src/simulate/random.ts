import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A seeded source of randomness; the same seed gives the same simulation. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
}

/** Multiplies the seed's bits apart, so that neighbouring seeds and streams share nothing. */
const scramble = (seed: number, stream: number): number => {
  let bits = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b);
  bits ^= bits >>> 16;
  return Math.imul(bits, 0xc2b2ae35) ^ (bits >>> 13);
};

/** @param stream separates uses of one seed, so that adding a use does not change the others */
export function createRandom(seed: number, stream: number): Random {
  const generator = xoroshiro128plus(scramble(seed, stream));
  const uniform = (): number => uniformFloat64(generator);
  let spare: number | null = null;
  return {
    uniform,
    normal() {
      if (spare !== null) {
        const kept = spare;
        spare = null;
        return kept;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
  };
}
