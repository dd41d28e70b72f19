import type { ModelCard } from '../model/card.ts';
import { closedLoopMeans } from '../roofline/closed-form.ts';
import { PARAMETER_NAMES, type ParameterName, type RooflineParameters } from '../roofline/parameters.ts';
import { priceSchedule } from '../roofline/scheduler/price-schedule.ts';
import { scheduleOf, withEdges } from '../roofline/scheduler/scheduled-means.ts';
import type { ClosedLoopShape, EngineSettings, ServingEdges, ServingMeans } from '../roofline/serving.ts';
import { StepPricer } from '../roofline/step-pricer.ts';
import type { Predictor, ServingModel } from './cell-model.ts';
import type { IntervalFactors } from './conformal.ts';
import { quadraticForm } from './covariance.ts';
import { LOG_DIFFERENCE } from './least-squares.ts';
import { discrepancyOf, type NoiseScale, regimeOf, termSd } from './noise.ts';
import { EDGE_NAMES } from './problem.ts';
import { type ResidualTable, withTable } from './residual-table.ts';
import { edgeSlopes } from './scheduled-cells.ts';

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
  /** What each predictor misses, and how many standard deviations its 90 % interval spans to either side. */
  readonly predictors: Readonly<Record<Predictor, PredictorErrors>>;
  /** Correction of TPOT by batch size; null where it does not earn its place. */
  readonly residual_table: ResidualTable | null;
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

/** Derivatives of the logarithms of TTFT and TPOT by the columns of the covariance. */
export interface LatencySlopes {
  readonly ttft: readonly number[];
  /** Null where there is no TPOT. */
  readonly tpot: readonly number[] | null;
}

/** Means of a cell and how they depend on what was fitted. */
export function sensitivities(
  fit: Pick<FittedModel, 'card' | 'parameters' | 'edges' | 'names'>,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  predictor: Predictor,
): { readonly means: ServingMeans; readonly slopes: LatencySlopes } {
  return predictor === 'scheduler'
    ? scheduledSensitivities(fit, engine, shape)
    : closedFormSensitivities(fit, engine, shape);
}

type FittedValues = Pick<FittedModel, 'card' | 'parameters' | 'edges' | 'names'>;

function scheduledSensitivities(
  { card, parameters, edges, names }: FittedValues,
  engine: EngineSettings,
  shape: ClosedLoopShape,
): { means: ServingMeans; slopes: LatencySlopes } {
  const { driving } = shape;
  const burst = driving?.kind === 'burst' ? driving : null;
  const priced = priceSchedule(
    scheduleOf(card, parameters, engine, shape),
    new StepPricer(card, parameters, engine.tensorParallel),
    parameters.request_overhead_s,
    { statistic: burst?.statistic ?? 'mean', whole: burst !== null, gradient: true },
  );
  const { ttft, tpot } = withEdges(priced, shape, edges);
  const columns = names.map((name) => PARAMETER_NAMES.indexOf(name));
  const slopes = (metric: 'ttft' | 'tpot', { seconds, gradient }: typeof ttft): number[] => [
    ...columns.map((column) => gradient[column]! / seconds),
    ...edgeSlopes(shape, edges, metric, ttft.seconds, tpot?.seconds ?? 0),
  ];
  return {
    means: {
      ttftSeconds: ttft.seconds,
      tpotSeconds: tpot?.seconds ?? null,
      e2eSeconds: priced.e2eSeconds + ttft.seconds - priced.ttft.seconds,
      outputTokensPerSecond: priced.outputTokensPerSecond,
      queueShare: 0,
      rough: false,
    },
    slopes: { ttft: slopes('ttft', ttft), tpot: tpot && slopes('tpot', tpot) },
  };
}

/** By central differences. */
function closedFormSensitivities(
  fit: FittedValues,
  engine: EngineSettings,
  shape: ClosedLoopShape,
): { means: ServingMeans; slopes: LatencySlopes } {
  const run = ({ parameters, edges }: ServingModel): ServingMeans =>
    closedLoopMeans(fit.card, parameters, engine, shape, edges);
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
  const slope = (read: (means: ServingMeans) => number): number[] =>
    pairs.map(([above, below]) => Math.log(read(above) / read(below)) / (2 * LOG_DIFFERENCE));
  const means = run(fit);
  return {
    means,
    slopes: {
      ttft: slope((each) => each.ttftSeconds),
      tpot: means.tpotSeconds === null ? null : slope((each) => each.tpotSeconds ?? 1),
    },
  };
}
