import { median } from '../../stats/sorted.ts';
import type { LatencyMetric } from '../observations.ts';
import type { Kernel } from './step-kinds.ts';

/** Terms whose steps run the same kernels: what the model misses of them they share. */
export interface KernelRows {
  readonly name: string;
  readonly kernel: Kernel;
  readonly metric: LatencyMetric;
  readonly rows: readonly number[];
}

interface StepTerm {
  readonly metric: LatencyMetric;
  readonly measured_error: number;
  readonly source?: { readonly kernel: Kernel | null; readonly name: string };
}

export function kernelRows(terms: readonly StepTerm[]): KernelRows[] {
  const rows = terms.flatMap(({ source, metric }, row) =>
    source?.kernel ? [{ name: source.name, kernel: source.kernel, metric, row }] : [],
  );
  return [...Map.groupBy(rows, ({ name }) => name).values()].map((members) => ({
    ...members[0]!,
    rows: members.map(({ row }) => row),
  }));
}

/** Residuals of one kernel: the part that they share, and its own error. */
export interface KernelOffset {
  readonly mean: number;
  readonly error: number;
  /** The mean drawn towards none as far as its error and the usual size of offsets say. */
  readonly offset: number;
}

/** @param own standard deviation of each row apart from what is shared @param shared that of the shared part */
export function kernelOffset(
  { rows }: KernelRows,
  residuals: readonly number[],
  own: readonly number[],
  weights: readonly number[],
  shared: number,
): KernelOffset {
  let [precision, sum] = [0, 0];
  for (const row of rows) {
    const weight = weights[row]! / own[row]! ** 2;
    precision += weight;
    sum += weight * residuals[row]!;
  }
  const mean = sum / precision;
  return {
    mean,
    error: 1 / Math.sqrt(precision),
    offset: shared > 0 ? sum / (precision + 1 / shared ** 2) : 0,
  };
}

/** Residuals beyond this many standard deviations count no more for the scatter. */
const LARGEST_Z = 3;
const LARGEST_SCATTER = 0.5;

/**
 * What the model misses of the differences between the steps of one kernel, relative: what makes the residuals about each kernel's
 * mean as large as they are (Paule and Mandel's estimator).
 */
export function scatterWithin(
  kernels: readonly KernelRows[],
  terms: readonly StepTerm[],
  residuals: readonly number[],
  metric: LatencyMetric,
): number {
  const own = kernels.filter((kernel) => kernel.metric === metric && kernel.rows.length > 1);
  const excess = (scatter: number): number => {
    const sd = terms.map(({ measured_error }) => Math.hypot(measured_error, scatter));
    const ones = terms.map(() => 1);
    let [sum, freedom] = [0, 0];
    for (const kernel of own) {
      const { mean } = kernelOffset(kernel, residuals, sd, ones, 0);
      for (const row of kernel.rows)
        sum += Math.min(LARGEST_Z, Math.abs(residuals[row]! - mean) / sd[row]!) ** 2;
      freedom += kernel.rows.length - 1;
    }
    return sum - freedom;
  };
  if (own.length === 0 || excess(0) <= 0) return 0;
  let [low, high] = [0, LARGEST_SCATTER];
  for (let i = 0; i < 30; i += 1) {
    const middle = (low + high) / 2;
    if (excess(middle) > 0) low = middle;
    else high = middle;
  }
  return high;
}

/** Median of the absolute value of a standard normal. */
const MEDIAN_Z = 0.6745;
const LEAST_SCALE = 0.25;
const FEWEST_ROWS = 20;

/**
 * Factor on the errors of alike steps' means, at most 1, that makes their typical distance from their kernel's mean as large as it is:
 * scatter within a group holds what steps differ in, and stamps that are late by turns take each other back.
 */
export function errorScale(
  kernels: readonly KernelRows[],
  terms: readonly StepTerm[],
  residuals: readonly number[],
  metric: LatencyMetric,
): number {
  const sd = terms.map(({ measured_error }) => measured_error);
  const ones = terms.map(() => 1);
  const distances = kernels
    .filter((kernel) => kernel.metric === metric && kernel.rows.length > 1)
    .flatMap((kernel) => {
      const { mean, error } = kernelOffset(kernel, residuals, sd, ones, 0);
      // The mean follows each of its rows by so much.
      return kernel.rows.map(
        (row) => Math.abs(residuals[row]! - mean) / Math.sqrt(sd[row]! ** 2 - error ** 2),
      );
    });
  if (distances.length < FEWEST_ROWS) return 1;
  return Math.min(1, Math.max(LEAST_SCALE, median(distances)! / MEDIAN_Z));
}
