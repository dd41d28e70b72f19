import type { RooflineParameters } from '../roofline/parameters.ts';
import type { ServingEdges, ServingMeans } from '../roofline/serving.ts';
import type { LatencyMetric, Observation } from './observations.ts';

/** Serving model over the step model. */
export const PREDICTORS = ['scheduler', 'closed_form'] as const;
export type Predictor = (typeof PREDICTORS)[number];

/** Parameters and edges of one device and server: everything that a prediction needs. */
export interface ServingModel {
  readonly parameters: RooflineParameters;
  readonly edges: ServingEdges;
}

/** Derivatives of a metric's logarithm: by the log parameters in the order of GRADIENT_NAMES, then by the edges. */
export type LogGradient = readonly number[];

/** What a fit compares with measurements. */
export type ServingLatencies = Pick<ServingMeans, 'ttftSeconds' | 'tpotSeconds' | 'queueShare' | 'rough'>;

/** Predicts the cells of a fit. */
export interface CellModel {
  readonly predictor: Predictor;
  latencies(model: ServingModel, observation: Observation): ServingLatencies;
  /** Null where the metric does not exist, or where derivatives have to be taken by differences. */
  gradient:
    | ((model: ServingModel, observation: Observation, metric: LatencyMetric) => LogGradient | null)
    | null;
}
