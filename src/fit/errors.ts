import { median, quantile, sortSample } from '../stats/sorted.ts';
import type { Predictor } from './cell-model.ts';
import { type Observation, shapeOf } from './observations.ts';
import { type FittedModel, METRIC_KEYS, type MetricKey, predictMeans } from './predictive.ts';

/** A measured metric of a cell beside its prediction. */
export interface CellError {
  readonly target: string;
  readonly tensor_parallel: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly concurrency: number;
  readonly metric: MetricKey;
  readonly measured: number;
  /** Half-width of the measurement's own 90 % interval, in percent of it. */
  readonly measured_half_width_90_percent: number;
  readonly predicted: number;
  /** 90 % interval of what a measurement as good as this one should give. */
  readonly interval_90: readonly [number, number];
  /** Predicted over measured, less one, in percent. */
  readonly error_percent: number;
}

/** An error with the cell that it is of. */
export interface ObservedError extends CellError {
  readonly observation: Observation;
}

/** Errors of one metric over cells, in percent. */
export interface ErrorSummary {
  readonly n: number;
  /** Mean, median and 90th percentile of the absolute error. */
  readonly mape: number;
  readonly median_ape: number;
  readonly p90_ape: number;
  /** Mean of the signed error: above 0 the prediction is too high. */
  readonly bias: number;
  /** Share of measurements inside their 90 % interval, in percent. */
  readonly coverage_90: number;
}

export type ErrorSummaries = Readonly<Partial<Record<MetricKey, ErrorSummary>>>;

/** Half-width of a normal's 90 % interval, in standard errors. */
const HALF_WIDTH_90 = 1.645;

function measuredValue(
  one: Observation,
  metric: MetricKey,
): { value: number; relative_error: number } | null {
  if (metric === 'output_tokens_per_s') {
    const { output_tokens_per_s: rate } = one;
    return rate && { value: rate.tokens_per_s, relative_error: rate.relative_error };
  }
  const measured = { ttft_ms: one.ttft, tpot_ms: one.tpot, e2e_ms: one.e2e }[metric];
  return measured && { value: measured.seconds * 1e3, relative_error: measured.relative_error };
}

/** Predicts every observation and compares. */
export function cellErrors(
  model: FittedModel,
  observations: readonly Observation[],
  predictor: Predictor = 'scheduler',
): ObservedError[] {
  return observations.flatMap((one) => {
    const measured = METRIC_KEYS.flatMap((metric) => {
      const value = measuredValue(one, metric);
      return value ? [{ metric, ...value }] : [];
    });
    const { prediction } = predictMeans(model, one.engine, shapeOf(one), {
      predictor,
      measured: Object.fromEntries(measured.map(({ metric, relative_error }) => [metric, relative_error])),
    });
    return measured.flatMap(({ metric, value, relative_error }): ObservedError[] => {
      const { value: predicted, interval_90 } = prediction[metric];
      if (predicted === null || interval_90 === null) return [];
      return [
        {
          observation: one,
          target: one.target,
          tensor_parallel: one.engine.tensorParallel,
          input_tokens: one.input_tokens,
          output_tokens: one.output_tokens,
          concurrency: one.concurrency,
          metric,
          measured: value,
          measured_half_width_90_percent: HALF_WIDTH_90 * relative_error * 100,
          predicted,
          interval_90,
          error_percent: (predicted / value - 1) * 100,
        },
      ];
    });
  });
}

/** Errors by metric; a metric without any cell is absent. */
export function summariseErrors(errors: readonly CellError[]): ErrorSummaries {
  const summaries = METRIC_KEYS.flatMap((metric) => {
    const own = errors.filter((error) => error.metric === metric);
    return own.length === 0 ? [] : [[metric, summary(own)] as const];
  });
  return Object.fromEntries(summaries);
}

function summary(errors: readonly CellError[]): ErrorSummary {
  const n = errors.length;
  const absolute = errors.map((error) => Math.abs(error.error_percent));
  const inside = errors.filter(
    ({ measured, interval_90: [low, high] }) => measured >= low && measured <= high,
  ).length;
  return {
    n,
    mape: absolute.reduce((a, b) => a + b, 0) / n,
    median_ape: median(absolute)!,
    p90_ape: quantile(sortSample(absolute)!, 0.9),
    bias: errors.reduce((sum, error) => sum + error.error_percent, 0) / n,
    coverage_90: (inside / n) * 100,
  };
}
