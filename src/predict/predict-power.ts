import { trafficOf } from '../fit/power/from-observations.ts';
import { predictPower } from '../fit/power/predict-power.ts';
import type { Predicted } from '../fit/predictive.ts';
import { modelOf } from '../fitfile/apply.ts';
import { powerParametersOf } from '../fitfile/power-schema.ts';
import type { Fit } from '../fitfile/schema.ts';
import type { ClosedLoopShape, EngineSettings } from '../roofline/serving.ts';

/** Watts of all devices of the server, and joules a token, with 90 % intervals. */
export interface PredictedEnergy {
  readonly power_w: Predicted;
  readonly joules_per_output_token: Predicted;
}

/**
 * Power and energy of a closed loop; null where the fit holds no power.
 * @param throughput with the interval that is shown
 * @param widening of intervals outside the measured range, an exponent; 1 inside
 */
export function predictEnergy(
  fit: Fit,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  throughput: Predicted,
  widening = 1,
): PredictedEnergy | null {
  const { power } = fit;
  if (!power) return null;
  const { card, parameters } = modelOf(fit);
  const traffic = trafficOf(card, { parameters }, engine, shape);
  const { power_w, log_sd } = predictPower(powerModelOf(power), traffic, power.limit_w);
  const watts = power_w * engine.tensorParallel;
  const spread = widening * power.interval_factor * log_sd;
  const rate = throughput.value;
  const rateSpread =
    rate === null || throughput.interval_90 === null ? null : Math.log(throughput.interval_90[1] / rate);
  return {
    power_w: { value: watts, interval_90: around(watts, spread) },
    joules_per_output_token:
      rate === null
        ? { value: null, interval_90: null }
        : {
            value: watts / rate,
            interval_90: rateSpread === null ? null : around(watts / rate, Math.hypot(spread, rateSpread)),
          },
  };
}

const around = (value: number, logSpread: number): [number, number] => [
  value * Math.exp(-logSpread),
  value * Math.exp(logSpread),
];

/** The power model of a fit file, ready to predict with. */
export function powerModelOf(power: NonNullable<Fit['power']>): Parameters<typeof predictPower>[0] {
  const { names, matrix } = power.covariance;
  return { parameters: powerParametersOf(power), names, covariance: { matrix }, misfit: power.misfit };
}
