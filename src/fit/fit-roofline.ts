import type { ServingEdges } from '../roofline/closed-form.ts';
import { PARAMETER_NAMES, type ParameterName, type RooflineParameters } from '../roofline/parameters.ts';
import { type Covariance, groupedCovariance } from './covariance.ts';
import { centralJacobian } from './least-squares.ts';
import { marquardt } from './marquardt.ts';
import { estimateNoise, type NoiseScale } from './noise.ts';
import {
  type FitInput,
  leastSquares,
  modelAt,
  type Problem,
  parametersInData,
  type Term,
  termsOf,
} from './problem.ts';
import { DEFAULT_FIT_OPTIONS, type FitOptions, SEARCH_MISFIT, type Search, searchBasins } from './search.ts';
import { sharedErrors, stateAt } from './state.ts';

export { DEFAULT_FIT_OPTIONS, type FitOptions };

/** A term after the fit. */
export interface FittedTerm extends Term {
  /** Log of predicted over measured. */
  readonly residual: number;
  /** Standard deviation that the fit gives this term, before its robust weight. */
  readonly sd: number;
  /** Huber's weight: 1 for a term inside two standard deviations. */
  readonly weight: number;
}

export interface RooflineFit {
  /** Parameters that the data can speak about. */
  readonly names: readonly ParameterName[];
  readonly parameters: RooflineParameters;
  readonly edges: ServingEdges;
  /**
   * Of the logs of `names`, followed by the edges. A parameter on its bound has no interval of its own, but stays in here
   * so that the others' intervals allow for it.
   */
  readonly covariance: Covariance;
  readonly at_bound: readonly ParameterName[];
  readonly not_in_data: readonly ParameterName[];
  /** Residuals less effectively fitted parameters. */
  readonly degrees_of_freedom: number;
  readonly noise: NoiseScale;
  readonly terms: readonly FittedTerm[];
  readonly converged: boolean;
  /** Start points that ended within 1 % of the best sum of squares. */
  readonly agreeing_starts: number;
  readonly starts: number;
}

const ROUNDS = 40;

/**
 * Fits the roofline to cell means: log parameters, log residuals, weak heavy-tailed priors, Huber weights, a noise
 * model whose misfit is estimated from the residuals, several starts. Deterministic for a seed.
 */
export function fitRoofline(input: FitInput, options: FitOptions = DEFAULT_FIT_OPTIONS): RooflineFit {
  const problem: Problem = {
    input,
    names: parametersInData(input.observations),
    terms: termsOf(input.observations),
  };
  const search = searchBasins(problem, options);
  let point = search.point;
  let noise: NoiseScale = { misfit: SEARCH_MISFIT, alone_scale: 1 };
  let converged = false;
  for (let round = 0; round < ROUNDS && !converged; round += 1) {
    const state = stateAt(problem, point, noise);
    noise = estimateNoise(state.noise);
    const weighted = stateAt(problem, point, noise);
    const solution = marquardt(leastSquares(problem, weighted.whitening), point, {
      maxIterations: 60,
      stepTolerance: 1e-7,
    });
    converged = round > 0 && Math.max(...solution.point.map((v, j) => Math.abs(v - point[j]!))) < 1e-4;
    point = [...solution.point];
  }
  return result(problem, point, noise, { ...search, converged });
}

const BOUND_MARGIN = 1e-3;

function result(
  problem: Problem,
  point: readonly number[],
  noise: NoiseScale,
  search: Search & { converged: boolean },
): RooflineFit {
  const { input, names, terms } = problem;
  const at_bound = names.filter((name, j) => {
    const { lower, upper } = input.priors[name];
    return point[j]! < Math.log(lower) + BOUND_MARGIN || point[j]! > Math.log(upper) - BOUND_MARGIN;
  });
  const state = stateAt(problem, point, noise);
  const jacobian = centralJacobian(leastSquares(problem, state.whitening), point);
  return {
    names,
    ...modelAt(input.priors, names, point),
    covariance: groupedCovariance(jacobian, sharedErrors(terms, state, noise)),
    at_bound,
    not_in_data: PARAMETER_NAMES.filter((name) => !names.includes(name)),
    degrees_of_freedom: Math.max(
      1,
      state.noise.reduce((sum, term) => sum + term.freedom, 0),
    ),
    noise,
    terms: terms.map((term, i) => ({
      ...term,
      residual: state.residuals[i]!,
      sd: state.sd[i]!,
      weight: state.weights[i]!,
    })),
    converged: search.converged,
    agreeing_starts: search.agreeing,
    starts: search.starts,
  };
}
