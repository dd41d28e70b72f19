import type { EngineSteps } from '../../measure/steps/step-columns.ts';
import { median } from '../../stats/sorted.ts';
import type { Measured } from '../measured.ts';
import { type ChunkBudget, readChunkBudget } from './chunk-budget.ts';
import { planChunks } from './chunk-plan.ts';
import { type FirstUse, setFirstUsesAside } from './first-use.ts';
import { joinBounds, requestOverhead } from './request-overhead.ts';
import { type GroupedSteps, groupSteps } from './step-groups.ts';
import { usableSteps } from './usable-steps.ts';

/** What the engine's steps of a cell say, ready for a fit. */
export interface ObservedSteps extends GroupedSteps {
  /** Steps that were seen, and those of which all is known. */
  readonly seen: number;
  readonly usable: number;
  /** Of the usable ones, those set aside as the first of their size. */
  readonly first_use: FirstUse | null;
  readonly budget: ChunkBudget;
  /** From a request's sending until the scheduler knows it; null: too few prompts tell. */
  readonly request_overhead: Measured | null;
}

/** Where the reading begins; it is repeated with what was found. */
const OVERHEAD_AT_START_S = 0.02;
const ROUNDS = 2;

/**
 * Reads a cell's steps: the budget of a step, the way of a request to the scheduler, what each step computed; alike ones are
 * gathered.
 * @param stated the budget that the target states, tokens; null: none
 */
export function observedSteps(steps: EngineSteps, stated: number | null): ObservedSteps {
  let overhead_s = OVERHEAD_AT_START_S;
  let budget = readChunkBudget(steps, stated, overhead_s);
  let request_overhead: Measured | null = null;
  const late_s = median(steps.bound_s) ?? 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    request_overhead = requestOverhead(joinBounds(steps, budget.tokens), late_s);
    overhead_s = request_overhead?.seconds ?? overhead_s;
    budget = readChunkBudget(steps, stated, overhead_s);
  }
  const { chunks } = planChunks(steps, { budget: budget.tokens, overhead_s });
  const usable = usableSteps(steps, chunks);
  const { steps: used, first_use } = setFirstUsesAside(usable);
  const counts = { seen: steps.end_s.length, usable: usable.length, first_use };
  return { ...groupSteps(used), ...counts, budget, request_overhead };
}
