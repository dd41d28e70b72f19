import type { EngineSteps } from '../../measure/steps/step-columns.ts';
import type { PrefillChunk, StepLoad } from '../../roofline/step-work.ts';

/** A step of which all is known: what it computed and how long it took. */
export interface UsableStep {
  readonly index: number;
  readonly load: StepLoad;
  readonly seconds: number;
}

/** Stamps that may be later than what they stand for by this share of the step say too little. */
const LARGEST_BOUND_SHARE = 0.3;

/**
 * Steps to learn from. Left out are the first, those after an idle engine (their time contains a request's way there), those
 * whose tokens do not add up or whose prompts are not known, and those whose ends are not.
 */
export function usableSteps(
  steps: EngineSteps,
  chunks: readonly (readonly PrefillChunk[] | null)[],
): UsableStep[] {
  const completed = new Int32Array(steps.end_s.length);
  for (const { step } of steps.prompts) completed[step]! += 1;
  return steps.end_s.flatMap((end, index): UsableStep[] => {
    const prefills = chunks[index]!;
    const decodes = steps.decodes[index]!;
    const seconds = end - steps.begin_s[index]!;
    if (index === 0 || steps.after_idle[index] || prefills === null || !(seconds > 0)) return [];
    if (steps.tokens[index] !== decodes + completed[index]!) return [];
    const bound = Math.max(steps.bound_s[index]!, steps.bound_s[index - 1]!);
    if (bound > LARGEST_BOUND_SHARE * seconds) return [];
    const decodeContext = decodes > 0 ? steps.context_tokens[index]! / decodes : 0;
    return [{ index, load: { prefills, decodes, decodeContext }, seconds }];
  });
}
