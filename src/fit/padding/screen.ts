import { closedFormCells } from '../closed-form-cells.ts';
import { type Dataset, type EngineChoice, withChoice } from '../dataset.ts';
import { fitInput } from '../fit-input.ts';
import { logResiduals, modelAt, type Problem, parametersInData, termsOf } from '../problem.ts';
import { huberLoss } from '../robust.ts';
import { type FitOptions, SEARCH_MISFIT, searchBasins, searchNear } from '../search.ts';

/** Basins differ between paddings, so each is searched from more than one start. */
const STARTS = 3;

/** The best that a search in closed form finds under a choice: what tells paddings apart, in a second or less. */
export interface Screened {
  readonly robustCost: number;
  readonly point: readonly number[];
  /** Numbers that it is the cost of. */
  readonly numbers: number;
}

/** @param near where the search of a like padding ended, to go on from there alone; default: several starts */
export function screen(
  dataset: Dataset,
  choice: EngineChoice,
  options: FitOptions,
  near?: readonly number[],
): Screened {
  const input = fitInput(withChoice(dataset, choice), options);
  const { card, observations } = input;
  const problem: Problem = {
    input,
    names: parametersInData(card, observations),
    terms: termsOf(card, observations, options.objective),
    cells: closedFormCells(card),
  };
  const point = near
    ? searchNear(problem, near)
    : searchBasins(problem, { ...options, starts: STARTS }).point;
  const model = modelAt(input.priors, problem.names, point);
  const robustCost = logResiduals(problem.cells, model, problem.terms).reduce(
    (cost, residual, i) => cost + huberLoss(residual / SEARCH_MISFIT[problem.terms[i]!.metric]),
    0,
  );
  return { robustCost, point, numbers: problem.terms.length };
}
