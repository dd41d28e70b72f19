import { knownPrefillTokens } from '../../measure/steps/prefill-tokens.ts';
import type { EngineSteps } from '../../measure/steps/step-columns.ts';
import { planChunks } from './chunk-plan.ts';

/** What the steps say of the tokens that a step may have. */
export interface ChunkBudget {
  /** What steps are read by: what the target states where the steps agree, else what they show. */
  readonly tokens: number;
  /** As the steps show it; null: no prompt was cut, so it is not below `at_least`. */
  readonly read: number | null;
  /** Most tokens of a step of which all are known. */
  readonly at_least: number;
}

/** Budgets that engines are run with. */
const USUAL = [256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];
/** Two budgets that explain this much alike are not told apart, as a share of the prompts. */
const ALIKE_SHARE = 0.01;

/** Finds the budget under which the fewest prompts end in another step than they did. */
export function readChunkBudget(steps: EngineSteps, stated: number | null, overhead_s: number): ChunkBudget {
  const known = knownPrefillTokens(steps);
  const whole = known.flatMap((tokens, step) =>
    tokens === null || tokens === 0 || steps.after_idle[step] ? [] : [tokens + steps.decodes[step]!],
  );
  const at_least = Math.max(1, ...whole);
  const candidates = [...new Set([...USUAL, ...(stated === null ? [] : [stated]), at_least])].sort(
    (a, b) => a - b,
  );
  const tried = candidates.map((budget) => ({
    budget,
    surprises: planChunks(steps, { budget, overhead_s }).surprises,
  }));
  const least = Math.min(...tried.map(({ surprises }) => surprises));
  const alike = tried.filter(({ surprises }) => surprises <= least + ALIKE_SHARE * steps.prompts.length);
  // Where the largest of all does as well, no prompt was ever cut.
  const cut = alike.at(-1)!.budget !== candidates.at(-1);
  const best = alike.reduce((a, b) => (b.surprises < a.surprises ? b : a)).budget;
  const agrees = stated !== null && alike.some(({ budget }) => budget === stated);
  return { tokens: agrees ? stated : cut ? best : alike.at(-1)!.budget, read: cut ? best : null, at_least };
}
