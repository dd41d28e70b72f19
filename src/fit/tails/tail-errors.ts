import { median, quantile, sortSample } from '../../stats/sorted.ts';
import type { Predictor } from '../cell-model.ts';
import type { ErrorSummary } from '../errors.ts';
import { type Observation, shapeOf } from '../observations.ts';
import type { FittedModel } from '../predictive.ts';
import { predictTails } from './predict-tails.ts';
import { TAIL_KEYS, type TailKey } from './tail-keys.ts';

/** A measured percentile of a cell beside its prediction, ms. */
export interface TailError {
  readonly observation: Observation;
  readonly key: TailKey;
  readonly measured: number;
  readonly predicted: number;
  /** Null where the fit's own cells did not measure the percentile. */
  readonly interval_90: readonly [number, number] | null;
  /** Predicted over measured, less one, in percent. */
  readonly error_percent: number;
}

/** Errors of one percentile over cells, in percent. */
export type TailSummary = Omit<ErrorSummary, 'coverage_90'> & {
  /** Null where no prediction has an interval. */
  readonly coverage_90: number | null;
};
export type TailSummaries = Readonly<Partial<Record<TailKey, TailSummary>>>;

/** Predicts the percentiles that cells measured, driven as they were. */
export function tailErrors(
  fit: FittedModel,
  observations: readonly Observation[],
  predictor: Predictor = 'scheduler',
): TailError[] {
  return observations.flatMap((observation) => {
    const measured = Object.entries(observation.tails ?? {}) as [TailKey, number][];
    if (measured.length === 0) return [];
    const predicted = predictTails(fit, observation.engine, shapeOf(observation), predictor);
    return measured.flatMap(([key, seconds]): TailError[] => {
      const found = predicted?.[key];
      if (!found || found.value === null) return [];
      const { value, interval_90 } = found;
      const own = 1e3 * seconds;
      return [
        {
          observation,
          key,
          measured: own,
          predicted: value,
          interval_90,
          error_percent: (value / own - 1) * 100,
        },
      ];
    });
  });
}

/** Errors by percentile; one without any cell is absent. */
export function summariseTails(errors: readonly TailError[]): TailSummaries {
  const byKey = Map.groupBy(errors, ({ key }) => key);
  return Object.fromEntries(
    TAIL_KEYS.flatMap((key) => {
      const own = byKey.get(key);
      return own ? [[key, summaryOf(own)]] : [];
    }),
  );
}

function summaryOf(errors: readonly TailError[]): TailSummary {
  const absolute = errors.map(({ error_percent }) => Math.abs(error_percent));
  const judged = errors.flatMap(({ measured, interval_90 }) =>
    interval_90 ? [measured >= interval_90[0] && measured <= interval_90[1]] : [],
  );
  return {
    n: errors.length,
    mape: absolute.reduce((a, b) => a + b, 0) / errors.length,
    median_ape: median(absolute)!,
    p90_ape: quantile(sortSample(absolute)!, 0.9),
    bias: errors.reduce((sum, { error_percent }) => sum + error_percent, 0) / errors.length,
    coverage_90: judged.length === 0 ? null : (100 * judged.filter(Boolean).length) / judged.length,
  };
}
