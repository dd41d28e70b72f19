import { errorFunction } from 'simple-statistics';
import type { CountedValues } from './counted-quantile.ts';

const normalBelow = (z: number): number => 0.5 * (1 + errorFunction(z / Math.SQRT2));

/** Values closer than this share of the spread are taken together. */
const BIN_SHARE = 0.4;
const ROUNDS = 30;
/** Of the spread, beyond the outermost values: nothing to be found. */
const REACH = 6;

/**
 * Quantiles of a sample each of whose values is multiplied by a log-normal factor of median 1.
 * @param logSd standard deviation of the factor's logarithm, above 0
 * @param qs between 0 and 1
 */
export function spreadQuantiles(sample: CountedValues, logSd: number, qs: readonly number[]): number[] {
  const { middles, shares } = binned(sample, BIN_SHARE * logSd);
  if (middles.length === 0) return [];
  const below = (x: number): number => {
    let sum = 0;
    for (let i = 0; i < middles.length; i += 1) sum += shares[i]! * normalBelow((x - middles[i]!) / logSd);
    return sum;
  };
  return qs.map((q) => {
    let low = middles[0]! - REACH * logSd;
    let high = middles.at(-1)! + REACH * logSd;
    for (let round = 0; round < ROUNDS && high - low > 1e-5; round += 1) {
      const middle = (low + high) / 2;
      if (below(middle) < q) low = middle;
      else high = middle;
    }
    return Math.exp((low + high) / 2);
  });
}

/** Logarithms of the values in bins of a width: each bin's mean, ascending, and its share of the sample. */
function binned(
  { values, counts }: CountedValues,
  width: number,
): { readonly middles: number[]; readonly shares: number[] } {
  const bins = new Map<number, { sum: number; count: number }>();
  let total = 0;
  for (let i = 0; i < values.length; i += 1) {
    const count = counts[i]!;
    if (count <= 0) continue;
    const log = Math.log(values[i]!);
    const bin = bins.get(Math.floor(log / width));
    if (bin === undefined) bins.set(Math.floor(log / width), { sum: count * log, count });
    else {
      bin.sum += count * log;
      bin.count += count;
    }
    total += count;
  }
  const ordered = [...bins.values()].sort((a, b) => a.sum / a.count - b.sum / b.count);
  return {
    middles: ordered.map(({ sum, count }) => sum / count),
    shares: ordered.map(({ count }) => count / total),
  };
}
