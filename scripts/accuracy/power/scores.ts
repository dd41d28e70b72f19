import { POWER_BASELINES } from '../../../src/fit/power/baselines.ts';
import { fitPower, type PowerFit, type PowerProblem } from '../../../src/fit/power/fit-power.ts';
import type { PowerObservation } from '../../../src/fit/power/observation.ts';
import { predictPower } from '../../../src/fit/power/predict-power.ts';
import { leftOutFactor } from './left-out-factor.ts';

/** A left-out power beside what was predicted of it. */
export interface PowerScore {
  readonly measured_w: number;
  readonly predicted_w: number;
  /** In standard deviations of the prediction and the measurement. */
  readonly z: number;
  /** Half-width of its 90 % interval, in the same: learnt from training cells alone, left out as this one is. */
  readonly half_width: number;
  /** The same as a share of the prediction, percent upwards. */
  readonly half_width_percent: number;
  readonly baselines: Readonly<Record<string, number | null>>;
}

/** Groups of training cells that are left out together; each counts as one draw. */
export type Fold = readonly (readonly PowerObservation[])[];

export interface Conditions extends Pick<PowerProblem, 'priors' | 'limit_w'> {
  /** Left out of the training cells in turn, as the predicted cells are out of all. */
  readonly folds: readonly Fold[];
}

const sizesOfLeftOut = (
  training: readonly PowerObservation[],
  { folds, ...problem }: Conditions,
): number[][] =>
  folds.flatMap((fold) => {
    const without = new Set(fold.flat());
    const fit = fitPower({ ...problem, observations: training.filter((one) => !without.has(one)) });
    return fold.map((group) => group.map((one) => Math.abs(standardError(fit, one, problem.limit_w).z)));
  });

function standardError(
  fit: PowerFit,
  one: PowerObservation,
  limit_w: number | null,
): { power_w: number; sd: number; z: number } {
  const { power_w, log_sd } = predictPower(fit, one.traffic, limit_w);
  const sd = Math.hypot(log_sd, one.relative_error);
  return { power_w, sd, z: Math.log(power_w / one.power_w) / sd };
}

/** What a fit of training cells predicts of others, with intervals and simpler predictions. */
export function scoresOf(
  fit: PowerFit,
  training: readonly PowerObservation[],
  testing: readonly PowerObservation[],
  conditions: Conditions,
): PowerScore[] {
  const { limit_w } = conditions;
  const half_width = leftOutFactor(sizesOfLeftOut(training, conditions));
  const baselines = POWER_BASELINES.map(({ name, train }) => [name, train(training, limit_w)] as const);
  return testing.map((one) => {
    const { power_w, sd, z } = standardError(fit, one, limit_w);
    return {
      measured_w: one.power_w,
      predicted_w: power_w,
      z,
      half_width,
      half_width_percent: 100 * (Math.exp(half_width * sd) - 1),
      baselines: Object.fromEntries(baselines.map(([name, predict]) => [name, predict(one)])),
    };
  });
}
