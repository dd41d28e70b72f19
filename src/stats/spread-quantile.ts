import { errorFunction } from 'simple-statistics';
import type { CountedValues } from './counted-quantile.ts';

const normalBelow = (z: number): number => 0.5 * (1 + errorFunction(z / Math.SQRT2));

/** Values closer than this share of the spread are taken together. */
const BIN_SHARE = 0.4;
/** Where nothing spreads, of a logarithm. */
const NARROWEST_BIN = 1e-4;
const ROUNDS = 30;
/** Of the spread, beyond the outermost values: nothing to be found. */
const REACH = 6;

/** A sample each of whose values is multiplied by a log-normal factor of median 1. */
export interface SpreadSample {
  readonly sample: CountedValues;
  /** Standard deviation of the factor's logarithm; 0: none. */
  readonly logSd: number;
}

/**
 * Quantiles of a sample each of whose values is multiplied by a log-normal factor of median 1.
 * @param logSd standard deviation of the factor's logarithm, above 0
 * @param qs between 0 and 1
 */
export const spreadQuantiles = (sample: CountedValues, logSd: number, qs: readonly number[]): number[] =>
  mixtureQuantiles([{ sample, logSd }], qs);

/** The same of samples of different spread together, each as large as its counts. Empty without any value. */
export function mixtureQuantiles(parts: readonly SpreadSample[], qs: readonly number[]): number[] {
  const groups = parts.map(({ sample, logSd }) => ({
    bins: binned(sample, Math.max(NARROWEST_BIN, BIN_SHARE * logSd)),
    logSd,
  }));
  const all = groups.flatMap(({ bins, logSd }) => bins.map((bin) => ({ ...bin, logSd })));
  const total = all.reduce((sum, { count }) => sum + count, 0);
  if (!(total > 0)) return [];
  const below = (x: number): number => {
    let sum = 0;
    for (const { middle, count, logSd } of all) {
      sum += logSd > 0 ? count * normalBelow((x - middle) / logSd) : x >= middle ? count : 0;
    }
    return sum / total;
  };
  const lowest = Math.min(...all.map(({ middle, logSd }) => middle - REACH * logSd));
  const highest = Math.max(...all.map(({ middle, logSd }) => middle + REACH * logSd));
  return qs.map((q) => {
    let [low, high] = [lowest, highest];
    for (let round = 0; round < ROUNDS && high - low > 1e-5; round += 1) {
      const middle = (low + high) / 2;
      if (below(middle) < q) low = middle;
      else high = middle;
    }
    return Math.exp((low + high) / 2);
  });
}

/** Logarithms of the values in bins of a width: each bin's mean, ascending, and how many values it holds. */
function binned(
  { values, counts }: CountedValues,
  width: number,
): { readonly middle: number; readonly count: number }[] {
  const bins = new Map<number, { sum: number; count: number }>();
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
  }
  return [...bins.values()]
    .map(({ sum, count }) => ({ middle: sum / count, count }))
    .sort((a, b) => a.middle - b.middle);
}
