import { type FittedModel, predictMeans } from '../fit/predictive.ts';
import type { Driving } from '../roofline/driving.ts';
import type { ClosedLoopShape, EngineSettings } from '../roofline/serving.ts';
import { modelOf, settingsFor } from './apply.ts';
import type { Fit } from './schema.ts';

/** A measured number of a fit file, whether or not the file shows it: the fit's own prediction and its residual give it. */
export interface FittedRow {
  readonly metric: 'ttft_ms' | 'tpot_ms';
  readonly measured: number;
  readonly settings: EngineSettings;
  readonly shape: ClosedLoopShape;
}

/** Every number that a fit was made from. */
export function fittedRows(fit: Fit): FittedRow[] {
  const model = { ...modelOf(fit), residual_table: null };
  return fit.residuals.flatMap((residual): FittedRow[] => {
    const target = fit.targets.find(({ name }) => name === residual.target);
    if (target === undefined) return [];
    const settings = {
      ...settingsFor(fit, target.tensor_parallel),
      maxNumBatchedTokens: target.max_num_batched_tokens,
      budgetMarginTokens: target.budget_margin_tokens,
      seatMargin: target.seat_margin,
      kvCapacityTokens: target.kv_capacity_tokens,
    };
    const shape = {
      inputTokens: residual.input_tokens,
      outputTokens: residual.output_tokens,
      concurrency: residual.concurrency,
      turnAroundSeconds: fit.client.turn_around_s,
      driving: target.driving as Driving,
    };
    const { value } = predictMeans(model, settings, shape).prediction[residual.metric];
    if (value === null) return [];
    return [{ metric: residual.metric, measured: value / Math.exp(residual.log_residual), settings, shape }];
  });
}

/** Errors of another model on them, percent; null where there are no such numbers. */
export function errorsOnRows(model: FittedModel, rows: readonly FittedRow[], metric: FittedRow['metric']) {
  const own = rows.filter((row) => row.metric === metric);
  if (own.length === 0) return null;
  const errors = own.map(({ settings, shape, measured }) => {
    const { value, interval_90 } = predictMeans(model, settings, shape).prediction[metric];
    const [low, high] = interval_90!;
    return { percent: (value! / measured - 1) * 100, covered: measured >= low && measured <= high };
  });
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, each) => sum + each, 0) / values.length;
  return {
    mape: mean(errors.map(({ percent }) => Math.abs(percent))),
    bias: mean(errors.map(({ percent }) => percent)),
    coverage_90: mean(errors.map(({ covered }) => (covered ? 100 : 0))),
  };
}
