import type { ModelCard } from '../model/card.ts';
import { PARAMETER_NAMES, type ParameterName, type RooflineParameters } from '../roofline/parameters.ts';
import type { Priors } from '../roofline/priors.ts';
import type { ServingEdges } from '../roofline/serving.ts';
import type { CellModel, ServingLatencies, ServingModel } from './cell-model.ts';
import { draftAt } from './draft-columns.ts';
import type { JointPrior } from './joint-prior.ts';
import { emphasisOf, type Objective } from './objective.ts';
import {
  LATENCY_METRICS,
  type LatencyMetric,
  type Measured,
  type Observation,
  predictedSeconds,
} from './observations.ts';
import { type StepSource, stepNumbers } from './steps/step-terms.ts';

/** What a fit starts from. Observations share the card; the card is bound to the accelerator. */
export interface FitInput {
  readonly card: ModelCard;
  readonly priors: Priors;
  /** What is known of all parameters together, in the place of `priors`, which keep the bounds; absent: each by itself. */
  readonly joint?: JointPrior | undefined;
  readonly observations: readonly Observation[];
}

/** One number that the fit explains: a metric of an observation, on a log scale. */
export interface Term {
  readonly observation: Observation;
  readonly metric: LatencyMetric;
  readonly log_measured: number;
  /** Standard error of the measured mean, relative. */
  readonly measured_error: number;
  /** How often it counts. */
  readonly emphasis: number;
  /** What it is of, where it is not the mean of the cell but from the engine's steps. */
  readonly source?: StepSource;
}

/** A fit in progress: what is fitted, and to which numbers. */
export interface Problem {
  readonly input: FitInput;
  /** Parameters that the data can speak about, in the order of a point. */
  readonly names: readonly ParameterName[];
  readonly terms: readonly Term[];
  /** How cells are predicted. */
  readonly cells: CellModel;
}

/** The numbers of a fit: means of cells and, where the engine's steps are known, the times of alike ones. */
export function termsOf(
  card: ModelCard,
  observations: readonly Observation[],
  objective: Objective = 'balanced',
): Term[] {
  return observations.flatMap((observation) => {
    const term = (metric: LatencyMetric, { seconds, relative_error }: Measured): Term => ({
      observation,
      metric,
      log_measured: Math.log(seconds),
      measured_error: relative_error,
      emphasis: emphasisOf(metric, objective),
    });
    const means = LATENCY_METRICS.flatMap((metric) => {
      const { [metric]: measured } = observation;
      return measured ? [term(metric, measured)] : [];
    });
    const steps = stepNumbers(card, observation).map(({ metric, measured, source }) => ({
      ...term(metric, measured),
      source,
    }));
    return [...means, ...steps];
  });
}

const LINK_PARAMETERS: readonly ParameterName[] = ['all_reduce_latency_s', 'link_bytes_per_s'];

/**
 * Parameters that the observations can say anything about: links only where a tensor-parallel size is above 1, experts only
 * where the model has some.
 */
export function parametersInData(card: ModelCard, observations: readonly Observation[]): ParameterName[] {
  const parallel = observations.some((observation) => observation.engine.tensorParallel > 1);
  const routed = card.weight_groups.some((group) => group.name === 'experts');
  return PARAMETER_NAMES.filter(
    (name) => (parallel || !LINK_PARAMETERS.includes(name)) && (routed || name !== 'expert_flop_per_s'),
  );
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

/** Names of the serving edges; they stand behind the log parameters in a point. */
export const EDGE_NAMES = ['ttft_wait_steps', 'decode_wait_steps'] as const satisfies (keyof ServingEdges)[];

export const edgesAt = (names: readonly ParameterName[], point: readonly number[]): ServingEdges => ({
  ttft_wait_steps: point[names.length] ?? 0,
  decode_wait_steps: point[names.length + 1] ?? 0,
});

export const modelAt = (
  priors: Priors,
  names: readonly ParameterName[],
  point: readonly number[],
): ServingModel => ({
  parameters: {
    ...parametersAt(priors, names, point),
    ...draftAt(point.slice(names.length + EDGE_NAMES.length)),
  },
  edges: edgesAt(names, point),
});

/** Log residual (predicted over measured) of every term. */
export function logResiduals(cells: CellModel, model: ServingModel, terms: readonly Term[]): number[] {
  const means = new Map<Observation, ServingLatencies>();
  return terms.map(({ observation, metric, log_measured, source }) => {
    if (source) return Math.log(source.seconds(model.parameters)) - log_measured;
    let predicted = means.get(observation);
    if (!predicted) {
      predicted = cells.latencies(model, observation);
      means.set(observation, predicted);
    }
    return Math.log(predictedSeconds(predicted, metric) ?? Number.NaN) - log_measured;
  });
}
