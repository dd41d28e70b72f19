import type { ModelCard } from '../model/card.ts';
import { closedLoopMeans, type ServingMeans } from '../roofline/closed-form.ts';
import { PARAMETER_NAMES, type ParameterName, type RooflineParameters } from '../roofline/parameters.ts';
import type { Priors } from '../roofline/priors.ts';
import { type LeastSquares, LOG_DIFFERENCE } from './least-squares.ts';
import { COMMON_DISCREPANCY } from './noise.ts';
import { LATENCY_METRICS, type LatencyMetric, type Observation, predictedSeconds } from './observations.ts';

/** What a fit starts from. Observations share the card; the card is bound to the accelerator. */
export interface FitInput {
  readonly card: ModelCard;
  readonly priors: Priors;
  readonly observations: readonly Observation[];
}

/** One number that the fit explains: a metric of an observation, on a log scale. */
export interface Term {
  readonly observation: Observation;
  readonly metric: LatencyMetric;
  readonly log_measured: number;
  /** Standard error of the measured mean, relative. */
  readonly measured_error: number;
}

export function termsOf(observations: readonly Observation[]): Term[] {
  return observations.flatMap((observation) =>
    LATENCY_METRICS.flatMap((metric): Term[] => {
      const measured = observation[metric];
      if (!measured) return [];
      const { seconds, relative_error } = measured;
      return [{ observation, metric, log_measured: Math.log(seconds), measured_error: relative_error }];
    }),
  );
}

const LINK_PARAMETERS: readonly ParameterName[] = ['all_reduce_latency_s', 'link_bytes_per_s'];

/** Parameters that the observations can say anything about: links only where a tensor-parallel size is above 1. */
export function parametersInData(observations: readonly Observation[]): ParameterName[] {
  const parallel = observations.some((observation) => observation.engine.tensorParallel > 1);
  return PARAMETER_NAMES.filter((name) => parallel || !LINK_PARAMETERS.includes(name));
}

/** Parameters at a point of logs; those not in the vector keep their prior's centre. */
export function parametersAt(
  priors: Priors,
  names: readonly ParameterName[],
  point: readonly number[],
): RooflineParameters {
  const values = Object.fromEntries(PARAMETER_NAMES.map((name) => [name, priors[name].centre]));
  names.forEach((name, j) => {
    values[name] = Math.exp(point[j]!);
  });
  return values as unknown as RooflineParameters;
}

/** Closed-form means of an observation's cell. */
export function meansOf(card: ModelCard, p: RooflineParameters, observation: Observation): ServingMeans {
  return closedLoopMeans(card, p, observation.engine, {
    inputTokens: observation.input_tokens,
    outputTokens: observation.mean_output_tokens,
    concurrency: observation.concurrency,
    turnAroundSeconds: observation.turn_around_s,
  });
}

/** Log residual (predicted over measured) of every term. */
export function logResiduals(card: ModelCard, p: RooflineParameters, terms: readonly Term[]): number[] {
  const means = new Map<Observation, ServingMeans>();
  return terms.map(({ observation, metric, log_measured }) => {
    let predicted = means.get(observation);
    if (!predicted) {
      predicted = meansOf(card, p, observation);
      means.set(observation, predicted);
    }
    return Math.log(predictedSeconds(predicted, metric) ?? Number.NaN) - log_measured;
  });
}

/** Weights of one round of the fit: 1/standard deviation of each term and of each prior, robust weights included. */
export interface Whitening {
  readonly terms: readonly number[];
  readonly priors: readonly number[];
}

/** Whether the closed form's common error of a metric applies: where requests share steps. */
const isShared = (term: Term, metric: LatencyMetric): boolean =>
  term.metric === metric && term.observation.concurrency > 1;

/** The common errors stand behind the parameters in a point. */
const commonErrors = (names: readonly ParameterName[], point: readonly number[]): readonly number[] =>
  LATENCY_METRICS.map((_, k) => point[names.length + k] ?? 0);

const commonError = (term: Term, common: readonly number[]): number =>
  LATENCY_METRICS.reduce((sum, metric, k) => sum + (isShared(term, metric) ? common[k]! : 0), 0);

/** Log residuals at a point of the least-squares problem, common errors included. */
export function residualsAt(
  input: FitInput,
  names: readonly ParameterName[],
  terms: readonly Term[],
  point: readonly number[],
): number[] {
  const common = commonErrors(names, point);
  const logs = logResiduals(input.card, parametersAt(input.priors, names, point), terms);
  return logs.map((log, i) => log + commonError(terms[i]!, common));
}

/**
 * Least squares in log parameters, followed by the closed form's common log error of each metric: whitened residuals of
 * the terms, then one pseudo-observation per prior and per common error.
 */
export function leastSquares(
  input: FitInput,
  names: readonly ParameterName[],
  terms: readonly Term[],
  whitening: Whitening,
): LeastSquares {
  const centres = names.map((name) => Math.log(input.priors[name].centre));
  const unbounded = LATENCY_METRICS.map(() => 1);
  return {
    lower: [...names.map((name) => Math.log(input.priors[name].lower)), ...unbounded.map((one) => -one)],
    upper: [...names.map((name) => Math.log(input.priors[name].upper)), ...unbounded],
    difference: () => LOG_DIFFERENCE,
    residuals: (point) => {
      const logs = logResiduals(input.card, parametersAt(input.priors, names, point), terms);
      const common = commonErrors(names, point);
      return [
        ...logs.map((log, i) => (log + commonError(terms[i]!, common)) * whitening.terms[i]!),
        ...centres.map((centre, j) => (point[j]! - centre) * whitening.priors[j]!),
        ...LATENCY_METRICS.map((metric, k) => common[k]! / COMMON_DISCREPANCY[metric]),
      ];
    },
  };
}
