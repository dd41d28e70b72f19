import type { Prior } from '../roofline/priors.ts';

const PRIMES = [2, 3, 5, 7, 11, 13, 17, 19] as const;

/** Element `index` (from 1) of the van der Corput sequence in a base: low-discrepancy numbers in (0, 1). */
function radicalInverse(index: number, base: number): number {
  let inverse = 0;
  let factor = 1 / base;
  for (let rest = index; rest > 0; rest = Math.floor(rest / base)) {
    inverse += (rest % base) * factor;
    factor /= base;
  }
  return inverse;
}

/**
 * Start points in log parameters: the prior's centres first, then quasi-random ones (Halton, shifted by the seed): half
 * within two prior standard deviations, half anywhere between the bounds. A start whose compute branch is never
 * active has no gradient there, so one start is never enough.
 */
export function startPoints(priors: readonly Prior[], count: number, seed: number): number[][] {
  const centre = priors.map((prior) => Math.log(prior.centre));
  const starts = [centre];
  for (let index = 1; index < count; index += 1) {
    starts.push(
      priors.map((prior, j) => {
        const shifted =
          radicalInverse(index, PRIMES[j % PRIMES.length]!) + ((seed * 0.6180339887 * (j + 1)) % 1);
        const u = shifted % 1;
        const low = Math.log(prior.lower);
        const high = Math.log(prior.upper);
        if (index % 2 === 0) return low + u * (high - low);
        const near = Math.log(prior.centre) + (4 * u - 2) * prior.log_sd;
        return Math.min(high, Math.max(low, near));
      }),
    );
  }
  return starts;
}
