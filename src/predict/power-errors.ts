import type { Observation } from '../fit/observations.ts';
import { poweredCells } from '../fit/power/from-observations.ts';
import { predictPower } from '../fit/power/predict-power.ts';
import { modelOf } from '../fitfile/apply.ts';
import type { Fit } from '../fitfile/schema.ts';
import { powerModelOf } from './predict-power.ts';

/** Errors of predicted powers over cells, percent. */
export interface PowerErrors {
  readonly n: number;
  readonly mape: number;
  readonly bias: number;
  /** Share of measurements inside their 90 % interval. */
  readonly coverage_90: number;
}

/** How far a fit's power is off on measured cells; null where the fit holds no power, or no cell measured one. */
export function powerErrors(fit: Fit, observations: readonly Observation[]): PowerErrors | null {
  const { power } = fit;
  if (!power) return null;
  const model = modelOf(fit);
  const errors = poweredCells(model.card, model, observations).map(({ predicted: one }) => {
    const { power_w, log_sd } = predictPower(powerModelOf(power), one.traffic, power.limit_w);
    const sd = Math.hypot(log_sd, one.relative_error);
    const log = Math.log(power_w / one.power_w);
    return {
      percent: 100 * (power_w / one.power_w - 1),
      inside: Math.abs(log) <= power.interval_factor * sd,
    };
  });
  if (errors.length === 0) return null;
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, each) => sum + each, 0) / values.length;
  return {
    n: errors.length,
    mape: mean(errors.map(({ percent }) => Math.abs(percent))),
    bias: mean(errors.map(({ percent }) => percent)),
    coverage_90: mean(errors.map(({ inside }) => (inside ? 100 : 0))),
  };
}
