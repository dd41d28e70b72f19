import { effectiveCount } from './running.ts';
import { studentTCdf } from './student-t.ts';

/** Straight line through a series, and how sure its slope is not zero. */
export interface SlopeTest {
  readonly slope: number;
  readonly mean: number;
  /** Change of the line over the range of x. */
  readonly change: number;
  /** Two-sided probability of a slope this large by chance; residuals' autocorrelation is allowed for. */
  readonly pValue: number;
}

/** Least-squares slope of y over x with a Student-t test; null below four points or without a spread in x. */
export function slopeTest(x: readonly number[], y: readonly number[]): SlopeTest | null {
  const n = x.length;
  if (n < 4) return null;
  const meanX = average(x);
  const meanY = average(y);
  let sxx = 0;
  let sxy = 0;
  for (let i = 0; i < n; i++) {
    sxx += (x[i]! - meanX) ** 2;
    sxy += (x[i]! - meanX) * (y[i]! - meanY);
  }
  if (sxx === 0) return null;
  const slope = sxy / sxx;
  const residuals = y.map((value, i) => value - meanY - slope * (x[i]! - meanX));
  let low = x[0]!;
  let high = x[0]!;
  for (const value of x) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { slope, mean: meanY, change: slope * (high - low), pValue: slopePValue(slope, sxx, residuals) };
}

function slopePValue(slope: number, sxx: number, residuals: readonly number[]): number {
  const n = residuals.length;
  let squares = 0;
  let products = 0;
  for (let i = 0; i < n; i++) {
    squares += residuals[i]! ** 2;
    if (i > 0) products += residuals[i]! * residuals[i - 1]!;
  }
  if (squares === 0) return slope === 0 ? 1 : 0;
  const effective = Math.max(3, effectiveCount(n, products / squares));
  const variance = squares / (n - 2);
  const standardError = Math.sqrt((variance / sxx) * (n / effective));
  return 2 * (1 - studentTCdf(Math.abs(slope / standardError), effective - 2));
}

function average(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
