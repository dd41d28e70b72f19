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
import { closedFormCells } from './closed-form-cells.ts';
import { type Covariance, groupedCovariance } from './covariance.ts';
import { DRAFT_PRIORS, draftNames } from './draft-columns.ts';
import { jacobianAt } from './least-squares.ts';
import { marquardt } from './marquardt.ts';
import { NO_MISFIT, type NoiseScale } from './noise.ts';
import {
  EDGE_NAMES,
  type FitInput,
  modelAt,
  type Problem,
  parametersInData,
  type Term,
  termsOf,
} from './problem.ts';
import { scheduledCells } from './scheduled-cells.ts';
import { DEFAULT_FIT_OPTIONS, type FitOptions, SEARCH_MISFIT, type Search, searchBasins } from './search.ts';
import { type FitState, noiseOf, rowErrors, stateAt } from './state.ts';
import { leastSquares } from './whitened-problem.ts';

export { DEFAULT_FIT_OPTIONS, type FitOptions };

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
interface Settled {
  readonly point: readonly number[];
  readonly noise: NoiseScale;
  readonly converged: boolean;
}

const ROUNDS = 40;
/** New schedules are made so often at most; two or three rounds are the rule. */
const SCHEDULE_ROUNDS = 8;
/** As many rounds as it takes until the cost of a rough fit is known to a fraction of a percent. */
const ROUGH = { rounds: 4, scheduleRounds: 1 };
/** Movement of a log parameter below which new schedules would not change the fit. */
const SCHEDULE_TOLERANCE = 1e-3;

/**
 * Fits the roofline to cells: log parameters, log residuals, weak heavy-tailed priors, Huber weights, a noise model whose
 * misfit is estimated from the residuals. Several starts are screened by the closed form; from its optimum the scheduler goes
 * on, unless the closed form is asked for. Deterministic for a seed.
 */
export function fitRoofline(input: FitInput, options: FitOptions = DEFAULT_FIT_OPTIONS): RooflineFit {
  const { card, observations } = input;
  const names = input.joint?.names ?? parametersInData(card, observations);
  const terms = termsOf(card, observations, options.objective);
  const screening: Problem = { input, names, terms, cells: closedFormCells(card) };
  const search = searchBasins(screening, options);
  const start: Settled = {
    point: search.point,
    noise: { ...NO_MISFIT, misfit: SEARCH_MISFIT },
    converged: false,
  };
  // Another fit's end is nearer to the scheduler's optimum than the closed form's is.
  const isNear = options.rough && options.from && options.predictor === 'scheduler';
  const coarse = isNear ? start : settle(screening, start, ROUNDS);
  if (options.predictor === 'closed_form') return result(screening, coarse, search);
  return polish(screening, coarse, search, options);
}

/** Goes on from the closed form's optimum with the scheduler, which makes its schedules anew where the fit has come to. */
function polish(
  { input, names, terms }: Problem,
  coarse: Settled,
  search: Search,
  { schedules, rough = false }: FitOptions,
): RooflineFit {
  const { rounds, scheduleRounds } = rough ? ROUGH : { rounds: ROUNDS, scheduleRounds: SCHEDULE_ROUNDS };
  let settled: Settled = { ...coarse, converged: false };
  let problem: Problem;
  let round = 0;
  let moved: number;
  do {
    const model = modelAt(input.priors, names, settled.point);
    const cells = scheduledCells(input.card, input.observations, model, schedules);
    problem = { input, names, terms, cells };
    const next = settle(problem, settled, rounds);
    moved = largestMove(next.point, settled.point);
    settled = next;
    round += 1;
  } while (moved > SCHEDULE_TOLERANCE && round < scheduleRounds);
  return result(problem, settled, search);
}

const largestMove = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, j) => Math.abs(value - b[j]!)));

/** Alternates between the noise that the residuals show and the point that fits best under it. */
function settle(problem: Problem, start: Settled, rounds: number): Settled {
  let { point, noise } = start;
  let converged = false;
  for (let round = 0; round < rounds && !converged; round += 1) {
    noise = noiseOf(problem, stateAt(problem, point, noise).noise);
    const weighted = stateAt(problem, point, noise);
    const solution = marquardt(leastSquares(problem, weighted.whitening), point, {
      maxIterations: 60,
      stepTolerance: 1e-7,
    });
    converged = round > 0 && largestMove(solution.point, point) < 1e-4;
    point = solution.point;
  }
  return { point, noise, converged };
}

const BOUND_MARGIN = 1e-3;

function result(problem: Problem, { point, noise, converged }: Settled, search: Search): RooflineFit {
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
