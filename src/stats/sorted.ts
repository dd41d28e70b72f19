import { quantileSorted } from 'simple-statistics';

declare const sorted: unique symbol;
/** A non-empty sample in ascending order; only `sortSample` makes one. */
export type SortedSample = readonly number[] & { readonly [sorted]: true };

/** Sorts a copy of the values; null when there are none. */
export function sortSample(values: readonly number[]): SortedSample | null {
  if (values.length === 0) return null;
  // Typed arrays sort numerically and several times faster than a comparator does.
  return Array.from(Float64Array.from(values).sort()) as unknown as SortedSample;
}

/**
 * Quantile with linear interpolation (type 7, the default of numpy and R).
 * @param q between 0 and 1
 */
export function quantile(sample: SortedSample, q: number): number {
  return quantileSorted(sample as unknown as number[], q);
}

/** Median of unsorted values; null when there are none. */
export function median(values: readonly number[]): number | null {
  const sample = sortSample(values);
  return sample === null ? null : quantile(sample, 0.5);
}
