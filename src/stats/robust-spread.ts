import { median } from './sorted.ts';

/** Of normal values the standard deviation over the median absolute one. */
const MAD_TO_SD = 1.4826;

/**
 * Median of values, and their standard deviation by the median absolute one: a few that are far off move neither.
 * @returns null for none
 */
export function robustSpread(
  values: readonly number[],
): { readonly middle: number; readonly sd: number } | null {
  const middle = median(values);
  if (middle === null) return null;
  return { middle, sd: MAD_TO_SD * median(values.map((value) => Math.abs(value - middle)))! };
}
