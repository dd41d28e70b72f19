import type { Driving } from '../roofline/driving.ts';
import type { Predictor, ServingLatencies } from './cell-model.ts';
import { LATENCY_METRICS, type LatencyMetric } from './observations.ts';

/** Relative error of the closed form against the scheduler that it stands for, where a request is alone, and beside others. */
const DISCREPANCY: Readonly<Record<LatencyMetric, { alone: number; shared: number; rough: number }>> = {
  tpot: { alone: 0.001, shared: 0.002, rough: 0.03 },
  ttft: { alone: 0.001, shared: 0.005, rough: 0.2 },
};

/** Standard deviation of the serving edges before any data: half a step, where an ideal server has none. */
export const EDGE_SD = 0.5;
/** Relative error of the wait for other prompts; measured against the scheduler. */
const QUEUE_DISCREPANCY = 0.7;

/** Relative error of the scheduler's simulation: its requests are a sample. */
const SAMPLING: Readonly<Record<LatencyMetric, number>> = { tpot: 0.001, ttft: 0.005 };

/** Where lengths are mixed requests differ as much as their prompts do, and a prediction's sample has other ones than the cell. */
const MIXED_SAMPLING: Readonly<Record<LatencyMetric, number>> = { tpot: 0.01, ttft: 0.04 };

/** Relative error of a prediction's sample on top, where the prompts of a cell have many lengths. */
export const mixedSampling = (metric: LatencyMetric, driving: Driving | null): number =>
  driving?.kind === 'steady' && driving.input_spread ? MIXED_SAMPLING[metric] : 0;

/**
 * What a predictor gets wrong about a server that follows its step times. Of the closed form: nothing where a request is alone,
 * the interference and queue terms beside others, and only the order of magnitude where it calls itself rough.
 */
export function discrepancyOf(
  predictor: Predictor,
  metric: LatencyMetric,
  concurrency: number,
  means: Pick<ServingLatencies, 'queueShare' | 'rough'>,
): number {
  const { alone, shared, rough } = DISCREPANCY[metric];
  if (concurrency <= 1) return alone;
  if (predictor === 'scheduler') return SAMPLING[metric];
  if (means.rough) return rough;
  return metric === 'ttft' ? Math.hypot(shared, QUEUE_DISCREPANCY * means.queueShare) : shared;
}

/**
 * Whether a predictor follows the server exactly: the scheduler everywhere, the closed form where a request is alone. Elsewhere
 * it is approximate.
 */
export type Regime = 'exact' | 'approximate';
export const regimeOf = (predictor: Predictor, concurrency: number): Regime =>
  predictor === 'scheduler' || concurrency <= 1 ? 'exact' : 'approximate';

export interface NoiseTerm {
  /** Log residual, predicted over measured. */
  readonly residual: number;
  /** Standard error of the measured mean, relative. */
  readonly measured_error: number;
  /** Of the closed form, relative. */
  readonly discrepancy: number;
  readonly metric: LatencyMetric;
  readonly regime: Regime;
  /** Huber's weight. */
  readonly weight: number;
  /** The mean of the steps of one kernel; absent: that of a cell. */
  readonly fromSteps?: true;
  /** 1 − leverage: how much of a degree of freedom the fit left to this term. */
  readonly freedom: number;
}

export interface NoiseScale {
  /** Standard deviation of the model's misfit beyond the known noise, relative, by metric. */
  readonly misfit: Readonly<Record<LatencyMetric, number>>;
  /**
   * Factor on the known noise (of the measurement and of the predictor) where the predictor is exact, at most 1, by metric: residuals smaller than assumed are believed there.
   * Never where it is approximate: what the closed form gets wrong is alike in many cells, and their scatter hides it.
   */
  readonly exact_scale: Readonly<Record<LatencyMetric, number>>;
}

/** TTFT counts at least half as much as TPOT, however much worse it is explained: the queue hides in it, not the device. */
const LARGEST_RATIO = 2;
/** A TPOT that is explained better than this is not allowed to silence TTFT. */
const LEAST_TPOT_MISFIT = 0.01;

/** The noise that terms are weighed by: the one found, with the misfit of TTFT held to a multiple of TPOT's. */
export function countedNoise(noise: NoiseScale): NoiseScale {
  const { ttft, tpot } = noise.misfit;
  const limit = LARGEST_RATIO * Math.max(LEAST_TPOT_MISFIT, tpot);
  return { ...noise, misfit: { ttft: Math.min(ttft, limit), tpot } };
}

/** Standard deviation of a term under a noise scale. */
export function termSd(
  term: Pick<NoiseTerm, 'measured_error' | 'discrepancy' | 'metric' | 'regime'>,
  noise: NoiseScale,
): number {
  const scale = term.regime === 'exact' ? noise.exact_scale[term.metric] : 1;
  return Math.hypot(scale * term.measured_error, scale * term.discrepancy, noise.misfit[term.metric]);
}

/** Mean of min(z², k|z|) of a standard normal at Huber's threshold: what robust weights take away from a clean sample. */
const CONSISTENCY = 0.8214;

/** Σ w·r²/sd² per degree of freedom, corrected for the weights. */
function reducedChiSquare(terms: readonly NoiseTerm[], noise: NoiseScale): number {
  let sum = 0;
  let freedom = 0;
  for (const term of terms) {
    sum += term.weight * (term.residual / termSd(term, noise)) ** 2;
    freedom += term.freedom;
  }
  return sum / (CONSISTENCY * Math.max(1, freedom));
}

/** Where a falling function of x in [low, high] crosses 1; an end when it does not. */
function crossing(low: number, high: number, chiSquare: (x: number) => number): number {
  if (chiSquare(low) <= 1) return low;
  let [a, b] = [low, high];
  for (let i = 0; i < 50; i += 1) {
    const middle = (a + b) / 2;
    if (chiSquare(middle) > 1) a = middle;
    else b = middle;
  }
  return b;
}

/** Residuals of so few cells can be small by chance: noise is not believed to be less than a tenth of what is claimed. */
const MIN_EXACT_SCALE = 0.1;
const LARGEST_MISFIT = 1;

export const NO_MISFIT: NoiseScale = { misfit: { ttft: 0, tpot: 0 }, exact_scale: { ttft: 1, tpot: 1 } };

/** Degrees of freedom that counts for what models of servers miss, before any cell says it. */
export const EXPECTED_FREEDOM = 6;

/** A noise estimate of few terms, with what is expected of such servers beside it. */
export function pooledNoise(
  found: NoiseScale,
  terms: readonly NoiseTerm[],
  expected: NoiseScale,
): NoiseScale {
  const misfit = (metric: LatencyMetric): number => {
    const freedom = terms
      .filter((term) => term.metric === metric)
      .reduce((sum, term) => sum + term.freedom, 0);
    const seen = freedom * found.misfit[metric] ** 2;
    return Math.sqrt((seen + EXPECTED_FREEDOM * expected.misfit[metric] ** 2) / (freedom + EXPECTED_FREEDOM));
  };
  return { ...NO_MISFIT, misfit: { ttft: misfit('ttft'), tpot: misfit('tpot') } };
}

const withMetric = (metric: LatencyMetric, key: keyof NoiseScale, value: number): NoiseScale => ({
  ...NO_MISFIT,
  [key]: { ...NO_MISFIT[key], [metric]: value },
});

/**
 * Splits the residuals of each metric into what is known and what the model misses: the misfit that makes the reduced chi-square
 * one (Paule and Mandel's estimator). Where the known noise is more than enough, less of it than claimed.
 */
export function estimateNoise(terms: readonly NoiseTerm[]): NoiseScale {
  const parts = LATENCY_METRICS.map((metric) => {
    const own = terms.filter((term) => term.metric === metric);
    const misfit = crossing(0, LARGEST_MISFIT, (x) => reducedChiSquare(own, withMetric(metric, 'misfit', x)));
    const exact = own.filter((term) => term.regime === 'exact');
    // Where steps are all that there is, nothing shows whether a predictor's known errors are smaller than thought.
    const unseen = exact.length === 0 && own.some((term) => term.fromSteps);
    const scale =
      misfit > 0 || unseen
        ? 1
        : crossing(MIN_EXACT_SCALE, 1, (x) => reducedChiSquare(exact, withMetric(metric, 'exact_scale', x)));
    return { metric, misfit, scale };
  });
  const by = (read: (part: (typeof parts)[number]) => number) =>
    Object.fromEntries(parts.map((part) => [part.metric, read(part)])) as Record<LatencyMetric, number>;
  return { misfit: by((part) => part.misfit), exact_scale: by((part) => part.scale) };
}
