import type { Accelerator } from '../../accelerator/accelerator.ts';
import { bindCard } from '../../accelerator/peaks.ts';
import type { ModelCard } from '../../model/card.ts';
import { PARAMETER_NAMES, type RooflineParameters } from '../../roofline/parameters.ts';
import { parameterPriors } from '../../roofline/priors.ts';
import { studentTQuantile } from '../../stats/student-t.ts';
import type { FittedModel, PredictorErrors } from '../predictive.ts';
import { COORDINATES, logUnit } from './coordinates.ts';
import type { Expected } from './family.ts';

/**
 * What is expected of a server, as a model to predict with: absolute parameters for a device and a model, and their whole
 * covariance. Where the spec sheet is silent the catalogue's weak prior stands.
 * @param predictors what models of servers miss
 */
export function expectedModel(
  { centre, covariance }: Expected,
  accelerator: Accelerator,
  model: ModelCard,
  predictors: FittedModel['predictors'],
): FittedModel {
  const card = bindCard(model, accelerator);
  const priors = parameterPriors(accelerator, card);
  const units = PARAMETER_NAMES.map((name) => logUnit(name, accelerator, card));
  const parameters = Object.fromEntries(
    PARAMETER_NAMES.map((name, i) => {
      const { centre: usual, lower, upper } = priors[name];
      const unit = units[i];
      if (unit === null || unit === undefined) return [name, usual];
      return [name, Math.min(upper, Math.max(lower, Math.exp(centre[i]! + unit)))];
    }),
  ) as unknown as RooflineParameters;
  const edge = (name: (typeof COORDINATES)[number]): number =>
    Math.min(2, Math.max(-2, centre[COORDINATES.indexOf(name)]!));
  return {
    card,
    parameters,
    edges: { ttft_wait_steps: edge('ttft_wait_steps'), decode_wait_steps: edge('decode_wait_steps') },
    names: PARAMETER_NAMES,
    covariance: covariance.map((row, i) =>
      row.map((value, j) => {
        const silent = units[i] === null || units[j] === null;
        if (!silent) return value;
        const name = PARAMETER_NAMES[i];
        return i === j && name !== undefined ? priors[name].log_sd ** 2 : 0;
      }),
    ),
    degrees_of_freedom: 0,
    residual_table: null,
    predictors,
  };
}

/**
 * Middle of what fits' models miss, by predictor. Intervals are as wide as Student's distribution at least: what is not known of
 * an unmeasured server lies in its parameters, whose spread so few others tell.
 * @param degrees see `degreesOf`
 */
export function usualErrors(models: readonly FittedModel[], degrees: number): FittedModel['predictors'] {
  const least = studentTQuantile(0.95, degrees);
  const middle = (pick: (model: FittedModel) => number): number => {
    const sorted = models.map(pick).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)]!;
  };
  const of = (predictor: 'scheduler' | 'closed_form'): PredictorErrors => {
    const both = (pick: (errors: PredictorErrors, metric: 'ttft' | 'tpot') => number) => ({
      ttft: middle((model) => pick(model.predictors[predictor], 'ttft')),
      tpot: middle((model) => pick(model.predictors[predictor], 'tpot')),
    });
    return {
      noise: {
        misfit: both(({ noise }, metric) => noise.misfit[metric]),
        exact_scale: both(({ noise }, metric) => noise.exact_scale[metric]),
      },
      interval_factors: both(({ interval_factors }, metric) => Math.max(least, interval_factors[metric])),
    };
  };
  return { scheduler: of('scheduler'), closed_form: of('closed_form') };
}
