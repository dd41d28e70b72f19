import { summarise } from '../stats/running.ts';
import type { SortedSample } from '../stats/sorted.ts';

/** Two-sided 95 % of a normal distribution. */
const Z = 1.96;

/**
 * 95 % interval of a mean (Student's t) or of a percentile (the order statistics between which it lies, by the binomial
 * distribution), ms, dependent samples counted for what they are worth. An end is null where the sample does not reach it.
 * @param values in their own order, s
 */
export function intervalMs(
  values: readonly number[],
  sample: SortedSample,
  q: number | 'mean',
): [number | null, number | null] | null {
  // Failed requests have an infinite latency, of which nothing has a mean or a dependence.
  const series = summarise(values.filter(Number.isFinite));
  if (series === null) return null;
  if (q === 'mean') {
    if (series.halfWidth95 === null || series.n < values.length) return null;
    // Latencies are never negative, whatever their spread.
    const low = Math.max(0, series.mean - series.halfWidth95);
    return [1000 * low, 1000 * (series.mean + series.halfWidth95)];
  }
  const n = values.length;
  const spread = Z * Math.sqrt(q * (1 - q) * n * (series.n / series.effectiveSamples));
  const at = (rank: number): number | null => {
    const value = sample[rank];
    return value === undefined || !Number.isFinite(value) ? null : 1000 * value;
  };
  return [at(Math.floor(q * n - spread) - 1), at(Math.ceil(q * n + spread) - 1)];
}
