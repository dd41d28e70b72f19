import type { ClosedLoopShape, EngineSettings, ServingMeans } from '../roofline/serving.ts';
import type { Predictor } from './cell-model.ts';
import type { IntervalFactors } from './conformal.ts';
import { quadraticForm } from './covariance.ts';
import { discrepancyOf, type NoiseScale, regimeOf, termSd } from './noise.ts';
import { type ResidualTable, withTable } from './residual-table.ts';
import { type FittedValues, sensitivities } from './sensitivities.ts';
import type { TailModel } from './tails/tail-model.ts';

/** Everything that a prediction with its interval needs. */
export interface FittedModel extends FittedValues {
  /** Of the logs of `names` and of the edges. */
  readonly covariance: readonly (readonly number[])[];
  readonly degrees_of_freedom: number;
  /** What each predictor misses, and how many standard deviations its 90 % interval spans to either side. */
  readonly predictors: Readonly<Record<Predictor, PredictorErrors>>;
  /** Correction of TPOT by batch size; null where it does not earn its place. */
  readonly residual_table: ResidualTable | null;
  /** What the percentiles of its cells showed; absent or null: none were measured. */
  readonly tails?: TailModel | null;
}

export interface PredictorErrors {
  readonly noise: NoiseScale;
  readonly interval_factors: IntervalFactors;
}

/** Metrics by the keys of fit files; latencies in milliseconds. */
export const METRIC_KEYS = ['ttft_ms', 'tpot_ms', 'e2e_ms', 'output_tokens_per_s'] as const;
export type MetricKey = (typeof METRIC_KEYS)[number];

export interface Predicted {
  /** Null where the metric does not exist: TPOT of a single output token. */
  readonly value: number | null;
  readonly interval_90: readonly [number, number] | null;
}

export type Prediction = Readonly<Record<MetricKey, Predicted>>;

export function metricValue(means: ServingMeans, key: MetricKey): number | null {
  switch (key) {
    case 'ttft_ms':
      return means.ttftSeconds * 1e3;
    case 'tpot_ms':
      return means.tpotSeconds === null ? null : means.tpotSeconds * 1e3;
    case 'e2e_ms':
      return means.e2eSeconds * 1e3;
    case 'output_tokens_per_s':
      return means.outputTokensPerSecond;
  }
}

export interface PredictOptions {
  /** Default: the scheduler. */
  readonly predictor?: Predictor | undefined;
  /** Relative standard error of a measurement that the interval is to be compared with, by metric. */
  readonly measured?: Readonly<Partial<Record<MetricKey, number>>> | undefined;
}

/**
 * Means of a closed-loop cell with 90 % intervals: the parameters' covariance carried through, plus what the model and the
 * predictor miss, as wide as cells that the fit did not see call for.
 */
export function predictMeans(
  fit: FittedModel,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  { predictor = 'scheduler', measured = {} }: PredictOptions = {},
): { readonly prediction: Prediction; readonly means: ServingMeans } {
  const { means: smooth, slopes } = sensitivities(fit, engine, shape, predictor);
  const { tensorParallel } = engine;
  const means = withTable(smooth, fit.residual_table, { ...shape, tensorParallel });
  const errors = latencyErrors(fit, shape, means, predictor);
  const predict = (key: MetricKey): Predicted => {
    const value = metricValue(means, key);
    if (value === null) return { value, interval_90: null };
    const shares = latencyShares(key, means, shape);
    const slope = slopes.ttft.map((each, j) => shares.ttft * each + shares.tpot * (slopes.tpot?.[j] ?? 0));
    const missing = Math.hypot(shares.ttft * errors.ttft.sd, shares.tpot * errors.tpot.sd);
    const sd = Math.sqrt(
      Math.max(0, quadraticForm(fit.covariance, slope)) + missing ** 2 + (measured[key] ?? 0) ** 2,
    );
    const weight = Math.abs(shares.ttft) / (Math.abs(shares.ttft) + Math.abs(shares.tpot));
    const factor = weight * errors.ttft.factor + (1 - weight) * errors.tpot.factor;
    const spread = Math.exp(factor * sd);
    return { value, interval_90: [value / spread, value * spread] };
  };
  const prediction = Object.fromEntries(METRIC_KEYS.map((key) => [key, predict(key)]));
  return { means, prediction: prediction as unknown as Prediction };
}

/** Derivative of a metric's logarithm by the logarithms of TTFT and TPOT: every metric of a closed loop is made of these two. */
function latencyShares(
  key: MetricKey,
  means: ServingMeans,
  shape: ClosedLoopShape,
): { readonly ttft: number; readonly tpot: number } {
  if (key === 'ttft_ms') return { ttft: 1, tpot: 0 };
  if (key === 'tpot_ms') return { ttft: 0, tpot: 1 };
  const ttft = Math.min(1, means.ttftSeconds / means.e2eSeconds);
  if (key === 'e2e_ms') return { ttft, tpot: 1 - ttft };
  const cycle = means.e2eSeconds / (means.e2eSeconds + (shape.turnAroundSeconds ?? 0));
  return { ttft: -cycle * ttft, tpot: -cycle * (1 - ttft) };
}

/** What the model and the predictor miss of the two latencies, and their intervals' factors. */
function latencyErrors(fit: FittedModel, shape: ClosedLoopShape, means: ServingMeans, predictor: Predictor) {
  const { noise, interval_factors } = fit.predictors[predictor];
  const regime = regimeOf(predictor, shape.concurrency);
  const of = (metric: 'ttft' | 'tpot') => ({
    sd: termSd(
      {
        metric,
        regime,
        measured_error: 0,
        discrepancy: discrepancyOf(predictor, metric, shape.concurrency, means),
      },
      noise,
    ),
    factor: interval_factors[metric],
  });
  return { ttft: of('ttft'), tpot: of('tpot') };
}
