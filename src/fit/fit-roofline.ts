import { closedFormCells } from './closed-form-cells.ts';
import { marquardt } from './marquardt.ts';
import { NO_MISFIT } from './noise.ts';
import { type FitInput, modelAt, type Problem, parametersInData, termsOf } from './problem.ts';
import { type RooflineFit, resultOf, type Settled } from './roofline-fit.ts';
import { scheduledCells } from './scheduled-cells.ts';
import { DEFAULT_FIT_OPTIONS, type FitOptions, SEARCH_MISFIT, type Search, searchBasins } from './search.ts';
import { noiseOf, stateAt } from './state.ts';
import { leastSquares } from './whitened-problem.ts';

export type { FitSolution, FittedTerm, RooflineFit } from './roofline-fit.ts';
export { DEFAULT_FIT_OPTIONS, type FitOptions };

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
  if (options.predictor === 'closed_form') return resultOf(screening, coarse, search);
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
  return resultOf(problem, settled, search);
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
