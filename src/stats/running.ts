import { studentTQuantile } from './student-t.ts';

/** Mean, spread and dependence of a series, as far as it is known. */
export interface SeriesSummary {
  readonly n: number;
  readonly mean: number;
  /** Of the sample (n − 1); 0 for a single value. */
  readonly standardDeviation: number;
  /** Lag-1 autocorrelation. */
  readonly autocorrelation: number;
  /** Independent samples that the series is worth: n(1 − ρ)/(1 + ρ), never above n. */
  readonly effectiveSamples: number;
  /** Half-width of the 95 % Student-t interval of the mean; null below two samples. */
  readonly halfWidth95: number | null;
}

/** Spread that a series of equal values may have, as a share of their mean. */
const RELATIVE_ROUNDING = 1e-10;

/**
 * Summary of a series that grows: each value costs the same, whatever came before it.
 * Values are shifted by the first one, so that sums of squares keep their digits.
 */
export class RunningSeries {
  #n = 0;
  #origin = 0;
  #first = 0;
  #last = 0;
  #sum = 0;
  #squares = 0;
  #neighbours = 0;

  get n(): number {
    return this.#n;
  }

  add(value: number): void {
    if (this.#n === 0) this.#origin = value;
    const shifted = value - this.#origin;
    if (this.#n === 0) this.#first = shifted;
    else this.#neighbours += shifted * this.#last;
    this.#sum += shifted;
    this.#squares += shifted * shifted;
    this.#last = shifted;
    this.#n += 1;
  }

  /** Null before the first value. */
  summary(): SeriesSummary | null {
    const n = this.#n;
    if (n === 0) return null;
    const mean = this.#sum / n;
    const squares = this.#squares - n * mean * mean;
    // Equal values differ by rounding, and rounding has patterns of its own.
    const rounding = n * (RELATIVE_ROUNDING * (mean + this.#origin)) ** 2;
    const deviations = squares > rounding ? squares : 0;
    // Σ (x_i − m)(x_{i+1} − m) from the sums, without a second pass.
    const products =
      this.#neighbours - mean * (2 * this.#sum - this.#first - this.#last) + (n - 1) * mean * mean;
    const autocorrelation = deviations > 0 ? products / deviations : 0;
    const standardDeviation = n > 1 ? Math.sqrt(deviations / (n - 1)) : 0;
    const effectiveSamples = effectiveCount(n, autocorrelation);
    return {
      n,
      mean: mean + this.#origin,
      standardDeviation,
      autocorrelation,
      effectiveSamples,
      halfWidth95: n < 2 ? null : halfWidth(standardDeviation, effectiveSamples, 0.95),
    };
  }
}

/** n(1 − ρ)/(1 + ρ), kept between 2 (or n) and n: negative dependence is not taken as extra evidence. */
export function effectiveCount(n: number, autocorrelation: number): number {
  const rho = Math.min(0.999, Math.max(0, autocorrelation));
  return Math.min(n, Math.max(2, (n * (1 - rho)) / (1 + rho)));
}

/** Half-width of the Student-t interval of a mean over `samples` (2 or more, may be fractional) independent samples. */
export function halfWidth(standardDeviation: number, samples: number, confidence: number): number {
  if (standardDeviation === 0) return 0;
  return (studentTQuantile((1 + confidence) / 2, samples - 1) * standardDeviation) / Math.sqrt(samples);
}

/** Summary of a whole series, in its own order; null when it is empty. */
export function summarise(values: readonly number[]): SeriesSummary | null {
  const series = new RunningSeries();
  for (const value of values) series.add(value);
  return series.summary();
}
