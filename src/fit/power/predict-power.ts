import { quadraticForm } from '../covariance.ts';
import { LOG_DIFFERENCE } from '../least-squares.ts';
import type { PowerFit } from './fit-power.ts';
import { meanPower, type TrafficColumns } from './observation.ts';

export interface PredictedPower {
  /** Of one device, W. */
  readonly power_w: number;
  /** Standard deviation of its logarithm: the parameters' and the model's own. */
  readonly log_sd: number;
}

/** Mean power of one device for work that it is to do, with its uncertainty. */
export function predictPower(
  fit: Pick<PowerFit, 'parameters' | 'names' | 'misfit'> & {
    readonly covariance: Pick<PowerFit['covariance'], 'matrix'>;
  },
  traffic: TrafficColumns,
  limit_w: number | null,
): PredictedPower {
  const { parameters, names, covariance, misfit } = fit;
  const power_w = meanPower(traffic, parameters, limit_w);
  const slopes = names.map((name) => {
    const more = { ...parameters, [name]: parameters[name] * Math.exp(LOG_DIFFERENCE) };
    return Math.log(meanPower(traffic, more, limit_w) / power_w) / LOG_DIFFERENCE;
  });
  return { power_w, log_sd: Math.hypot(Math.sqrt(quadraticForm(covariance.matrix, slopes)), misfit) };
}
