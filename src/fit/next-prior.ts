import type { ModelCard } from '../model/card.ts';
import { PARAMETER_NAMES, type ParameterName, type RooflineParameters } from '../roofline/parameters.ts';
import type { Priors } from '../roofline/priors.ts';
import { NO_EDGES } from '../roofline/serving.ts';
import { EXPECTED_MISFIT } from './next-rows.ts';
import { EDGE_SD, type NoiseScale } from './noise.ts';
import type { FittedModel, PredictorErrors } from './predictive.ts';
import { EDGE_NAMES } from './problem.ts';

/** What a model of a server tends to miss, before any cell says it. */
const EXPECTED_NOISE: NoiseScale = { misfit: EXPECTED_MISFIT, exact_scale: { ttft: 1, tpot: 1 } };
/** 90 % of a normal distribution lie within so many standard deviations. */
const NORMAL_90 = 1.6449;

/**
 * What is known before anything was measured, in the form of a fit: the priors' centres with the priors' own widths.
 * @param names parameters that the cells in question depend on
 */
export function priorModel(card: ModelCard, priors: Priors, names: readonly ParameterName[]): FittedModel {
  const variances = [...names.map((name) => priors[name].log_sd ** 2), ...EDGE_NAMES.map(() => EDGE_SD ** 2)];
  const errors: PredictorErrors = {
    noise: EXPECTED_NOISE,
    interval_factors: { ttft: NORMAL_90, tpot: NORMAL_90 },
  };
  return {
    card,
    parameters: Object.fromEntries(
      PARAMETER_NAMES.map((name) => [name, priors[name].centre]),
    ) as unknown as RooflineParameters,
    edges: NO_EDGES,
    names,
    covariance: variances.map((variance, i) => variances.map((_, j) => (i === j ? variance : 0))),
    degrees_of_freedom: 0,
    residual_table: null,
    predictors: { scheduler: errors, closed_form: errors },
  };
}
