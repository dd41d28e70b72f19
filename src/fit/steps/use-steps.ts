import type { EngineSteps } from '../../measure/steps/step-columns.ts';
import type { Observation } from '../observations.ts';
import { observedSteps } from './observed-steps.ts';

/**
 * What is wrong with a cell's means and not with its steps: they need no steady load, and each is judged by its own stamps, whose
 * lateness its neighbours give back.
 */
export const OF_MEANS: ReadonlySet<string> = new Set([
  'little_law',
  'concurrency_off_target',
  'phase_locked',
  'schedule_lag',
  'rate_not_reached',
  'window_short',
  'unsteady',
  'few_samples',
  'not_converged',
  'client_bound',
]);

/** Whether a cell that its verdict keeps from the fit for these reasons may be fitted by its steps. */
export const onlyMeansExcluded = (reasons: readonly string[]): boolean =>
  reasons.every((code) => OF_MEANS.has(code));

/**
 * An observation with its steps.
 * @param stated the budget of a step that the target states, tokens
 * @param meansCount false: its verdict keeps its means from the fit
 */
export function withSteps(
  measured: Observation,
  steps: EngineSteps,
  stated: number | null,
  meansCount: boolean,
): Observation {
  const observed = { ...measured, steps: [observedSteps(steps, stated)] };
  return meansCount
    ? observed
    : { ...observed, ttft: null, tpot: null, e2e: null, output_tokens_per_s: null };
}
