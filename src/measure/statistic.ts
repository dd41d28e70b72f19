import type { Statistic } from '../run/schema.ts';
import { summarise } from '../stats/running.ts';
import { aboveFloor, SAMPLE_FLOORS } from '../stats/sample-floor.ts';
import { quantile, sortSample } from '../stats/sorted.ts';

/**
 * Mean, spread, interval and percentiles of a series of seconds, in milliseconds and in the series' own order. The
 * interval and the floors of the percentiles count dependent samples for what they are worth. Null for an empty series.
 */
export function statisticMs(seconds: readonly number[]): Statistic | null {
  const series = summarise(seconds);
  const sample = sortSample(seconds);
  if (series === null || sample === null) return null;
  const printable = SAMPLE_FLOORS.filter(({ q }) => aboveFloor(q, series.effectiveSamples));
  return {
    n: series.n,
    mean: 1000 * series.mean,
    standard_deviation: 1000 * series.standardDeviation,
    half_width_95: series.halfWidth95 === null ? null : 1000 * series.halfWidth95,
    percentiles: printable.map(({ q }) => ({ q, value: 1000 * quantile(sample, q) })),
  };
}

/** The values that are defined, in order. */
export function defined<T>(items: readonly T[], value: (item: T) => number | null): number[] {
  return items.map(value).filter((entry) => entry !== null);
}
