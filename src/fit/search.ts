import type { ParameterName } from '../roofline/parameters.ts';
import type { Priors } from '../roofline/priors.ts';
import type { Predictor } from './cell-model.ts';
import { draftNames, draftStart } from './draft-columns.ts';
import type { ExpectedServer } from './joint-prior.ts';
import type { LeastSquares } from './least-squares.ts';
import { marquardt } from './marquardt.ts';
import type { Objective } from './objective.ts';
import { EDGE_NAMES, type Problem } from './problem.ts';
import type { ScheduleCache } from './schedule-cache.ts';
import { solve } from './solve.ts';
import { startPoints } from './starts.ts';
import { leastSquares, type Whitening } from './whitened-problem.ts';

export interface FitOptions {
  readonly seed: number;
  /** Start points; the prior's centre is the first. */
  readonly starts: number;
  readonly predictor: Predictor;
  /** Default: balanced. */
  readonly objective?: Objective | undefined;
  /** Default: the catalogue's for the accelerator and model. */
  readonly priors?: Priors | undefined;
  /** What fits of others say of the server, as the prior of few cells; default: none, and `priors` hold. */
  readonly expected?: ExpectedServer | undefined;
  /** Schedules that fits of the same cells share. */
  readonly schedules?: ScheduleCache | undefined;
  /** Log parameters to start from instead, by name: a refit on part of the data. */
  readonly from?: Readonly<Partial<Record<ParameterName, number>>> | undefined;
  /** Stop where the cost hardly falls any more: enough to rank fits, not to report one. */
  readonly rough?: boolean | undefined;
}

export const DEFAULT_FIT_OPTIONS: FitOptions = { seed: 1, starts: 9, predictor: 'scheduler' };

/** Of the serving edges and of a draft's costs. */
const restAtStart = ({ input }: Problem): number[] => [
  ...EDGE_NAMES.map(() => 0),
  ...draftStart(draftNames(input.observations)),
];

/** Misfit assumed while the basin is searched; real noise levels would make far starts stiff. */
export const SEARCH_MISFIT = { ttft: 0.1, tpot: 0.05 };

/** The basin that a fit goes on from. */
export interface Search {
  readonly point: number[];
  readonly agreeing: number;
  readonly starts: number;
}

function searchSquares(problem: Problem): LeastSquares {
  const { input, names, terms } = problem;
  const whitening: Whitening = {
    terms: terms.map(
      ({ metric, measured_error, emphasis }) =>
        Math.sqrt(emphasis) / Math.hypot(SEARCH_MISFIT[metric], measured_error),
    ),
    priors: input.joint ? [1 / 3] : names.map((name) => 1 / input.priors[name].log_sd / 3),
  };
  return leastSquares(problem, whitening);
}

/** About the best point beside one where the search of a like problem ended: enough to rank like problems. */
export const searchNear = (problem: Problem, point: readonly number[]): readonly number[] =>
  marquardt(searchSquares(problem), point, { maxIterations: 12, stepTolerance: 1e-3 }).point;

/**
 * Solves from several starts at a generous noise level and keeps the best; a refit on part of the data starts where the
 * whole one ended.
 */
export function searchBasins(problem: Problem, options: FitOptions): Search {
  const { input, names } = problem;
  const { from } = options;
  if (from) {
    const point = [
      ...names.map((name) => from[name] ?? Math.log(input.priors[name].centre)),
      ...restAtStart(problem),
    ];
    return { point, agreeing: 1, starts: 1 };
  }
  const squares = searchSquares(problem);
  const starts = startPoints(
    names.map((name) => input.priors[name]),
    options.starts,
    options.seed,
  );
  const found = starts.map((start) => solve(squares, [...start, ...restAtStart(problem)]));
  const best = found.reduce((a, b) => (b.sumOfSquares < a.sumOfSquares ? b : a));
  return {
    point: [...best.point],
    agreeing: found.filter((each) => each.sumOfSquares < best.sumOfSquares * 1.01 + 1e-6).length,
    starts: starts.length,
  };
}
