import { Matrix } from 'ml-matrix';
import type { ModelCard } from '../model/card.ts';
import {
  GRADIENT_NAMES,
  PARAMETER_NAMES,
  type ParameterName,
  type RooflineParameters,
} from '../roofline/parameters.ts';
import type { Priors } from '../roofline/priors.ts';
import type { ServingEdges } from '../roofline/serving.ts';
import type { CellModel, ServingLatencies, ServingModel } from './cell-model.ts';
import {
  DRAFT_PRIORS,
  draftAt,
  draftLower,
  draftNames,
  draftResiduals,
  draftUpper,
} from './draft-columns.ts';
import { type JointPrior, jointResiduals } from './joint-prior.ts';
import { type LeastSquares, LOG_DIFFERENCE } from './least-squares.ts';
import { EDGE_SD } from './noise.ts';
import { emphasisOf, type Objective } from './objective.ts';
import {
  LATENCY_METRICS,
  type LatencyMetric,
  type Measured,
  type Observation,
  predictedSeconds,
} from './observations.ts';
import { decorrelate, decorrelateRows, type SharedError } from './steps/decorrelate.ts';
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

/** Weights of one round of the fit: 1/standard deviation of each term and of each prior, robust weights included. */
export interface Whitening {
  readonly terms: readonly number[];
  /** Of a joint prior one factor for all of it. */
  readonly priors: readonly number[];
  /** Terms that are wrong together, by kernel of their steps; absent: none. */
  readonly shared?: readonly SharedError[];
}

/**
 * Least squares in log parameters, followed by the serving edges and the logs of a draft's costs: whitened residuals of the
 * terms, then one pseudo-observation per prior, edge and cost.
 */
export function leastSquares(problem: Problem, whitening: Whitening): LeastSquares {
  const { input, names, terms, cells } = problem;
  const { gradient } = cells;
  const drafts = draftNames(input.observations);
  const bounds = (end: 'lower' | 'upper'): number[] => names.map((name) => Math.log(input.priors[name][end]));
  return {
    lower: [...bounds('lower'), ...EDGE_NAMES.map(() => -2), ...draftLower(drafts)],
    upper: [...bounds('upper'), ...EDGE_NAMES.map(() => 2), ...draftUpper(drafts)],
    difference: () => LOG_DIFFERENCE,
    scale: () => 1,
    residuals: (point) => {
      const logs = logResiduals(cells, modelAt(input.priors, names, point), terms);
      const whitened = logs.map((log, i) => log * whitening.terms[i]!);
      decorrelate(whitened, whitening.shared ?? []);
      const costs = point.length - drafts.length;
      return [
        ...whitened,
        ...priorResiduals(problem, whitening, point),
        ...draftResiduals(drafts, point.slice(costs)),
      ];
    },
    jacobian: gradient ? (point) => exactJacobian(problem, gradient, whitening, point) : undefined,
  };
}

function priorResiduals(
  { input, names }: Problem,
  { priors }: Whitening,
  point: readonly number[],
): number[] {
  if (input.joint) return jointResiduals(input.joint, point).map((residual) => residual * priors[0]!);
  return [
    ...names.map((name, j) => (point[j]! - Math.log(input.priors[name].centre)) * priors[j]!),
    ...EDGE_NAMES.map((_, k) => point[names.length + k]! / EDGE_SD),
  ];
}

function logSlopes(source: StepSource, parameters: RooflineParameters): number[] {
  const seconds = source.seconds(parameters);
  return Array.from(source.gradient(parameters), (slope) => slope / seconds);
}

function exactJacobian(
  { input, names, terms }: Problem,
  gradient: NonNullable<CellModel['gradient']>,
  whitening: Whitening,
  point: readonly number[],
): Matrix {
  const model = modelAt(input.priors, names, point);
  const drafts = draftNames(input.observations);
  const columns = [
    ...names.map((name) => PARAMETER_NAMES.indexOf(name)),
    ...EDGE_NAMES.map((_, k) => GRADIENT_NAMES.length + k),
    ...drafts.map((name) => GRADIENT_NAMES.indexOf(name)),
  ];
  const jacobian = Matrix.zeros(terms.length + columns.length, columns.length);
  terms.forEach(({ observation, metric, source }, i) => {
    const slopes = source ? logSlopes(source, model.parameters) : gradient(model, observation, metric);
    columns.forEach((column, j) => {
      jacobian.set(i, j, (slopes?.[column] ?? 0) * whitening.terms[i]!);
    });
  });
  decorrelateRows(jacobian, whitening.shared ?? []);
  input.joint?.root.forEach((row, i) => {
    row.forEach((value, j) => {
      jacobian.set(terms.length + i, j, value * whitening.priors[0]!);
    });
  });
  const own = names.length + EDGE_NAMES.length;
  for (let j = input.joint ? own : 0; j < columns.length; j += 1) {
    const ofDraft = drafts[j - own];
    const known = j < names.length ? whitening.priors[j]! : 1 / EDGE_SD;
    jacobian.set(terms.length + j, j, ofDraft ? 1 / DRAFT_PRIORS[ofDraft].log_sd : known);
  }
  return jacobian;
}
