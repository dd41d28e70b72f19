import { evaluate, keeps, type Placement } from '../../../src/cost/place/evaluate.ts';
import type { PlacementProblem } from '../../../src/cost/place/problem.ts';

/** Every choice of options that connects the stages, one after another. */
export function* everyPlan(problem: PlacementProblem): Generator<Placement> {
  const sizes = problem.stages.map(({ options }) => options.length);
  const choices = sizes.reduce((product, size) => product * size, 1);
  for (let index = 0; index < choices; index += 1) {
    let rest = index;
    const choice = sizes.map((size) => {
      const own = rest % size;
      rest = Math.floor(rest / size);
      return own;
    });
    const plan = evaluate(problem, choice);
    if (plan !== null) yield plan;
  }
}

/** The least total cost of all plans that keep to the limits; null where none does. */
export const leastCost = (problem: PlacementProblem): number | null => {
  const totals = [...everyPlan(problem)]
    .filter((plan) => keeps(problem, plan))
    .map(({ usd, penalty_usd }) => usd + penalty_usd);
  return totals.length === 0 ? null : Math.min(...totals);
};
