import type { EngineSteps } from './step-columns.ts';

/**
 * Prompt tokens computed between the step before and the end of each step, where the stamps alone tell: 0 while no prompt
 * was on its way; all of a prompt that was sent after the step before had begun, so that no earlier step can hold a part of
 * it. Cached tokens are not computed. Null where a chunk budget would have to be known.
 */
export function knownPrefillTokens(steps: EngineSteps): (number | null)[] {
  const known = steps.open_prompts.map((open): number | null => (open > 0 ? null : 0));
  for (const { step, tokens, cached_tokens, sent_s } of steps.prompts) {
    if (known[step] === null) continue;
    const soonest = steps.begin_s[step - 1] ?? Number.NEGATIVE_INFINITY;
    known[step] = sent_s >= soonest ? known[step]! + tokens - cached_tokens : null;
  }
  return known;
}
