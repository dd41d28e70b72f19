import type { Matrix } from 'ml-matrix';
import {
  type DraftName,
  PARAMETER_NAMES,
  type ParameterName,
  type RooflineParameters,
} from '../roofline/parameters.ts';
import type { Prior } from '../roofline/priors.ts';
import type { ServingEdges } from '../roofline/serving.ts';
import type { Predictor } from './cell-model.ts';
import { type Covariance, groupedCovariance } from './covariance.ts';
import { DRAFT_PRIORS, draftNames } from './draft-columns.ts';
import { jacobianAt } from './least-squares.ts';
import type { NoiseScale } from './noise.ts';
import { EDGE_NAMES, modelAt, type Problem, type Term } from './problem.ts';
import type { Search } from './search.ts';
import { type FitState, rowErrors, stateAt } from './state.ts';
import { leastSquares } from './whitened-problem.ts';

/** A solved problem. */
export interface FitSolution {
  readonly problem: Problem;
  /** Log parameters in the order of `problem.names`, then the edges, then the logs of a draft's costs. */
  readonly point: readonly number[];
  readonly state: FitState;
  /** Of the whitened residuals, one row a term, then one a prior, an edge and a draft's cost. */
  readonly jacobian: Matrix;
}

/** A term after the fit. */
export interface FittedTerm extends Term {
  /** Log of predicted over measured. */
  readonly residual: number;
  /** Standard deviation that the fit gives this term, before its robust weight. */
  readonly sd: number;
  /** Huber's weight: 1 for a term near the fit, falling beyond 1.345 standard deviations. */
  readonly weight: number;
}

export interface RooflineFit {
  /** The problem at its solution, for what is derived from it. */
  readonly solution: FitSolution;
  /** Parameters that the data can speak about. */
  readonly names: readonly ParameterName[];
  /** Costs of proposing tokens; empty where no cell's server speculates. */
  readonly drafts: readonly DraftName[];
  readonly parameters: RooflineParameters;
  readonly edges: ServingEdges;
  /**
   * Of the logs of `names`, followed by the edges and the logs of `drafts`. A parameter on its bound has no interval of its own, but stays in here
   * so that the others' intervals allow for it.
   */
  readonly covariance: Covariance;
  readonly at_bound: readonly (ParameterName | DraftName)[];
  readonly not_in_data: readonly ParameterName[];
  /** Residuals less effectively fitted parameters; those of a joint prior among them. */
  readonly degrees_of_freedom: number;
  readonly noise: NoiseScale;
  readonly terms: readonly FittedTerm[];
  readonly converged: boolean;
  /** The serving model that the parameters were fitted through. */
  readonly predictor: Predictor;
  /** Start points that ended within 1 % of the best sum of squares. */
  readonly agreeing_starts: number;
  readonly starts: number;
}

/** Where a fit stands. */
export interface Settled {
  readonly point: readonly number[];
  readonly noise: NoiseScale;
  readonly converged: boolean;
}

const BOUND_MARGIN = 1e-3;

/** Everything that is known of a problem where its fit has settled. */
export function resultOf(
  problem: Problem,
  { point, noise, converged }: Settled,
  search: Search,
): RooflineFit {
  const { input, names, terms } = problem;
  const drafts = draftNames(input.observations);
  const isAtBound = (log: number, { lower, upper }: Prior): boolean =>
    log < Math.log(lower) + BOUND_MARGIN || log > Math.log(upper) - BOUND_MARGIN;
  const at_bound = [
    ...names.filter((name, j) => isAtBound(point[j]!, input.priors[name])),
    ...drafts.filter((name, j) =>
      isAtBound(point[names.length + EDGE_NAMES.length + j]!, DRAFT_PRIORS[name]),
    ),
  ];
  const state = stateAt(problem, point, noise);
  const jacobian = jacobianAt(leastSquares(problem, state.whitening), point);
  return {
    solution: { problem, point, state, jacobian },
    names,
    drafts,
    ...modelAt(input.priors, names, point),
    covariance: groupedCovariance(jacobian, rowErrors(terms, state, noise)),
    at_bound,
    not_in_data: PARAMETER_NAMES.filter((name) => !names.includes(name)),
    degrees_of_freedom: Math.max(
      1,
      state.noise.reduce((sum, term) => sum + term.freedom, input.joint?.degrees ?? 0),
    ),
    noise,
    terms: terms.map((term, i) => ({
      ...term,
      residual: state.residuals[i]!,
      sd: state.sd[i]!,
      weight: state.weights[i]!,
    })),
    converged,
    predictor: problem.cells.predictor,
    agreeing_starts: search.agreeing,
    starts: search.starts,
  };
}
