import type { ParameterName, RooflineParameters } from '../roofline/parameters.ts';
import type { ServingEdges } from '../roofline/serving.ts';
import type { Predictor } from './cell-model.ts';
import { quadraticForm } from './covariance.ts';
import type { NoiseScale } from './noise.ts';

/** What others' fits say of a server before its own cells. */
export interface ExpectedServer {
  readonly model: {
    readonly parameters: RooflineParameters;
    readonly edges: ServingEdges;
    /** All parameters. */
    readonly names: readonly ParameterName[];
    /** Of the logs of `names`, then of the edges. */
    readonly covariance: readonly (readonly number[])[];
    readonly predictors: Readonly<Record<Predictor, { readonly noise: NoiseScale }>>;
  };
  /** Degrees of freedom of Student's distribution that it is known by. */
  readonly degrees: number;
}

/** What is known of all columns of a fit together before its cells: parameters, then the serving edges. */
export interface JointPrior {
  readonly names: readonly ParameterName[];
  /** Logarithms of the parameters, edges in steps. */
  readonly centre: readonly number[];
  /** U with UᵀU the inverse of the covariance: its rows whiten a point less the centre. */
  readonly root: readonly (readonly number[])[];
  /** UᵀU. */
  readonly precision: readonly (readonly number[])[];
  /** Degrees of freedom of Student's distribution that it is known by. */
  readonly degrees: number;
  /** What models of such servers miss. */
  readonly noise: Readonly<Record<Predictor, NoiseScale>>;
}

const offBy = ({ centre }: JointPrior, point: readonly number[]): number[] =>
  centre.map((value, j) => point[j]! - value);

/** Whitened residuals of the prior: one a column. */
export function jointResiduals(prior: JointPrior, point: readonly number[]): number[] {
  const off = offBy(prior, point);
  return prior.root.map((row) => row.reduce((sum, each, j) => sum + each * off[j]!, 0));
}

/** Squared distance of a point from the centre, in standard deviations. */
export const jointDistance = (prior: JointPrior, point: readonly number[]): number =>
  quadraticForm(prior.precision, offBy(prior, point));

/**
 * Weight of the prior at a point (tails of a multivariate Student's distribution): a server far from all others is believed once
 * its cells say so.
 */
export const jointWeight = (prior: JointPrior, point: readonly number[]): number =>
  Math.min(1, (prior.degrees + prior.centre.length) / (prior.degrees + jointDistance(prior, point)));
