import type { PlacementProblem, Stage, StageOption } from './problem.ts';

/** Whether an option is nowhere better than another at the same place; of two that are alike, the earlier one stays. */
const noBetter = (one: StageOption, other: StageOption, earlier: boolean): boolean =>
  one.place === other.place &&
  other.seconds <= one.seconds &&
  other.usd <= one.usd &&
  other.device_seconds <= one.device_seconds &&
  (earlier ||
    other.seconds < one.seconds ||
    other.usd < one.usd ||
    other.device_seconds < one.device_seconds);

const prunedStage = ({ name, options }: Stage): Stage => ({
  name,
  options: options.filter(
    (one, index) => !options.some((other, at) => at !== index && noBetter(one, other, at < index)),
  ),
});

/** Without options that another at the same place beats in time, cost and devices: the cheapest plan needs none of them. */
export const pruned = (problem: PlacementProblem): PlacementProblem => ({
  ...problem,
  stages: problem.stages.map(prunedStage),
});
