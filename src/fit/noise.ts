import type { ServingMeans } from '../roofline/closed-form.ts';
import type { LatencyMetric } from './observations.ts';

/** Relative error of the closed form against the scheduler that it stands for, where a request is alone, and beside others. */
const DISCREPANCY: Readonly<Record<LatencyMetric, { alone: number; shared: number; rough: number }>> = {
  tpot: { alone: 0.0003, shared: 0.002, rough: 0.03 },
  ttft: { alone: 0.0003, shared: 0.005, rough: 0.2 },
};

/**
 * What the closed form gets wrong in the same direction in every shared cell, as a standard deviation. It enters the fit
 * as one more unknown per metric, so that many cells that share an error do not look like many independent witnesses.
 */
export const COMMON_DISCREPANCY: Readonly<Record<LatencyMetric, number>> = { tpot: 0.004, ttft: 0.01 };
/** Relative error of the wait for other prompts; measured against the scheduler. */
const QUEUE_DISCREPANCY = 0.7;

/**
 * Alone on the server a request meets no approximation; beside others it meets the interference and queue terms; where
 * the closed form calls itself rough only its order of magnitude holds.
 */
export function closedFormDiscrepancy(
  metric: LatencyMetric,
  concurrency: number,
  means: ServingMeans,
): number {
  const { alone, shared, rough } = DISCREPANCY[metric];
  if (means.rough) return rough;
  if (concurrency <= 1) return alone;
  return metric === 'ttft' ? Math.hypot(shared, QUEUE_DISCREPANCY * means.queueShare) : shared;
}

/** How much more of the model's own misfit a metric carries; TTFT's is twice TPOT's in every public data set. */
export const MISFIT_SHARE: Readonly<Record<LatencyMetric, number>> = { tpot: 1, ttft: 2 };

export interface NoiseTerm {
  /** Log residual, predicted over measured. */
  readonly residual: number;
  /** Variance that is known: measurement and closed form. */
  readonly variance: number;
  readonly share: number;
  readonly weight: number;
}

/** Mean of min(z², k|z|) of a standard normal at Huber's k = 2: what robust weights take away from a clean sample. */
const CONSISTENCY = 0.9545;

/** Σ w·r²/(known variance + (share·misfit)²), per degree of freedom and corrected for the weights. */
function reducedChiSquare(terms: readonly NoiseTerm[], misfit: number, freedom: number): number {
  let sum = 0;
  for (const { residual, variance, share, weight } of terms) {
    sum += (weight * residual * residual) / (variance + (share * misfit) ** 2);
  }
  return sum / (CONSISTENCY * freedom);
}

export interface NoiseScale {
  /** Standard deviation of the model's misfit beyond the known noise, relative, for TPOT. */
  readonly misfit: number;
  /** Factor on the known noise, at most 1, where the residuals are smaller than it predicts. */
  readonly scale: number;
}

const MIN_SCALE = 0.5;

/**
 * Splits the residuals into what is known and what the model misses: the misfit that makes the reduced chi-square one
 * (Paule and Mandel's estimator), or, where the known noise is more than enough, a factor below one on it.
 * @param freedom residuals less fitted parameters, at least 1
 */
export function estimateNoise(terms: readonly NoiseTerm[], freedom: number): NoiseScale {
  const bare = reducedChiSquare(terms, 0, freedom);
  if (bare <= 1) return { misfit: 0, scale: Math.max(MIN_SCALE, Math.sqrt(bare)) };
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (reducedChiSquare(terms, middle, freedom) > 1) low = middle;
    else high = middle;
  }
  return { misfit: (low + high) / 2, scale: 1 };
}
