import { childSeed, createRandom as createSeries, type Random as Series } from '../stats/random.ts';

/** A seeded source of randomness; the same seed gives the same simulation. */
export interface Random extends Series {
  /** Standard normal. */
  normal(): number;
}

/** @param stream separates uses of one seed, so that adding a use does not change the others */
export function createRandom(seed: number, stream: number): Random {
  const series = createSeries(childSeed(seed, stream));
  let spare: number | null = null;
  return {
    ...series,
    normal() {
      if (spare !== null) {
        const kept = spare;
        spare = null;
        return kept;
      }
      // Box and Muller's transform.
      const radius = Math.sqrt(-2 * Math.log(1 - series.uniform()));
      const angle = 2 * Math.PI * series.uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
  };
}
