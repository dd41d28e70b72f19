import { quantile, sortSample } from '../../stats/sorted.ts';
import { evaluate, type Placement, SAME } from './evaluate.ts';
import type { PlacementProblem } from './problem.ts';
import type { PlannedTokens } from './token-latencies.ts';

/** How surely a plan takes and costs what it is told to. */
export interface PlanIntervals {
  /** 90 % intervals. */
  readonly latency_s_90: readonly [number, number];
  readonly usd_90: readonly [number, number];
  /** Share of the draws that keep to the limit; null without one. */
  readonly within_limit: number | null;
  /** Limits between tokens of its stages. */
  readonly between_tokens: readonly PlannedTokens[];
}

export const PLACE_DRAWS = 200;

/**
 * A plan under other parameters of its fits, which keep its places, TP sizes and batches.
 * @param problem out of which the plan came, with all options
 * @param drawn the same problem at a draw of the parameters
 */
export function planIntervals(
  problem: PlacementProblem,
  { stages }: Placement,
  drawn: (index: number) => PlacementProblem,
  draws: number = PLACE_DRAWS,
): Omit<PlanIntervals, 'between_tokens'> {
  const choice = problem.stages.map(({ name, options }) => {
    const own = stages.find(({ stage }) => stage === name)!;
    return options.indexOf(own.option);
  });
  const plans = Array.from({ length: draws }, (_, index) => evaluate(drawn(index), choice)!);
  const between = (values: readonly number[]): [number, number] => {
    const sample = sortSample(values)!;
    return [quantile(sample, 0.05), quantile(sample, 0.95)];
  };
  const { limit } = problem;
  return {
    latency_s_90: between(plans.map(({ latency_s }) => latency_s)),
    usd_90: between(plans.map(({ usd }) => usd)),
    within_limit:
      limit && plans.filter(({ latency_s }) => latency_s <= limit.seconds * (1 + SAME)).length / plans.length,
  };
}
