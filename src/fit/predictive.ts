import type { ModelCard } from '../model/card.ts';
import {
  type ClosedLoopShape,
  closedLoopMeans,
  type EngineSettings,
  type ServingEdges,
  type ServingMeans,
} from '../roofline/closed-form.ts';
import type { ParameterName, RooflineParameters } from '../roofline/parameters.ts';
import { studentTQuantile } from '../stats/student-t.ts';
import { LOG_DIFFERENCE } from './least-squares.ts';
import { closedFormDiscrepancy, type NoiseScale, regimeOf, termSd } from './noise.ts';
import { EDGE_NAMES, type ServingModel } from './problem.ts';

/** Everything that a prediction with its interval needs. */
export interface FittedModel {
  readonly card: ModelCard;
  readonly parameters: RooflineParameters;
  readonly edges: ServingEdges;
  /** Parameters in the covariance; the edges stand behind them. */
  readonly names: readonly ParameterName[];
  /** Of the logs of `names` and of the edges. */
  readonly covariance: readonly (readonly number[])[];
  readonly degrees_of_freedom: number;
  readonly noise: NoiseScale;
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

/**
 * Means of a closed-loop cell with 90 % intervals: the parameters' covariance carried through, plus what the model and
 * the closed form miss.
 * @param measured relative standard error of a measurement that the interval is to be compared with, by metric
 */
export function predictMeans(
  fit: FittedModel,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  measured: Readonly<Partial<Record<MetricKey, number>>> = {},
): { readonly prediction: Prediction; readonly means: ServingMeans } {
  const run = (model: ServingModel): ServingMeans =>
    closedLoopMeans(fit.card, model.parameters, engine, shape, model.edges);
  const means = run(fit);
  const gradients = sensitivities(fit, run);
  const factor = studentTQuantile(0.95, fit.degrees_of_freedom);
  const predict = (key: MetricKey): Predicted => {
    const value = metricValue(means, key);
    if (value === null) return { value, interval_90: null };
    const variance =
      quadratic(fit.covariance, gradients[key]) +
      missing(fit, shape, means, key) ** 2 +
      (measured[key] ?? 0) ** 2;
    const spread = Math.exp(factor * Math.sqrt(variance));
    return { value, interval_90: [value / spread, value * spread] };
  };
  const prediction = Object.fromEntries(METRIC_KEYS.map((key) => [key, predict(key)]));
  return { means, prediction: prediction as unknown as Prediction };
}

/** Relative error of the model and the closed form for a metric; E2E and throughput mix those of TTFT and TPOT. */
function missing(fit: FittedModel, shape: ClosedLoopShape, means: ServingMeans, key: MetricKey): number {
  const sd = (metric: 'ttft' | 'tpot'): number =>
    termSd(
      {
        metric,
        regime: regimeOf(shape.concurrency),
        measured_error: 0,
        discrepancy: closedFormDiscrepancy(metric, shape.concurrency, means),
      },
      fit.noise,
    );
  if (key === 'ttft_ms') return sd('ttft');
  if (key === 'tpot_ms') return sd('tpot');
  const start = means.ttftSeconds / means.e2eSeconds;
  return Math.hypot(start * sd('ttft'), (1 - start) * sd('tpot'));
}

/** Derivative of every metric's logarithm with respect to every column of the covariance, by central differences. */
function sensitivities(
  fit: FittedModel,
  run: (model: ServingModel) => ServingMeans,
): Record<MetricKey, number[]> {
  const shifts = [
    ...fit.names.map(
      (name) =>
        (by: number): ServingModel => ({
          edges: fit.edges,
          parameters: { ...fit.parameters, [name]: fit.parameters[name] * Math.exp(by) },
        }),
    ),
    ...EDGE_NAMES.map(
      (name) =>
        (by: number): ServingModel => ({
          parameters: fit.parameters,
          edges: { ...fit.edges, [name]: fit.edges[name] + by },
        }),
    ),
  ];
  const pairs = shifts.map((shift) => [run(shift(LOG_DIFFERENCE)), run(shift(-LOG_DIFFERENCE))] as const);
  const slope = (key: MetricKey) =>
    pairs.map(([above, below]) => {
      const ratio = (metricValue(above, key) ?? 1) / (metricValue(below, key) ?? 1);
      return Math.log(ratio) / (2 * LOG_DIFFERENCE);
    });
  return Object.fromEntries(METRIC_KEYS.map((key) => [key, slope(key)])) as Record<MetricKey, number[]>;
}

function quadratic(matrix: readonly (readonly number[])[], vector: readonly number[]): number {
  let sum = 0;
  matrix.forEach((row, i) => {
    row.forEach((entry, j) => {
      sum += vector[i]! * entry * vector[j]!;
    });
  });
  return Math.max(0, sum);
}
