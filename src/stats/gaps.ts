import { drawGamma } from './gamma.ts';
import type { Random } from './random.ts';

/** How the gaps between arrivals spread: all alike, exponential, or gamma distributed with this shape. */
export interface GapProcess {
  readonly process: 'constant' | 'poisson' | 'gamma';
  readonly burstiness: number | null;
}

/** Gaps of mean 1, one a call: exponential ones make a Poisson process. */
export function drawGaps({ process, burstiness }: GapProcess, random: Random): () => number {
  if (process === 'constant') return () => 1;
  if (process === 'poisson') return () => -Math.log(1 - random.uniform());
  const shape = burstiness ?? 1;
  return () => drawGamma(random, shape) / shape;
}
