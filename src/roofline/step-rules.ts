import type { EngineSettings } from './serving.ts';

/** How a server's steps take prompts: what every command simulates it by. */
export interface StepRules {
  /** Most tokens of a step. */
  readonly step_tokens: number;
  /** Whether prompts are computed whole, else in pieces. */
  readonly whole_prompts: boolean;
  /** Whether a step is planned as the one before it begins, so that a request joins the step after the next. */
  readonly plans_ahead: boolean;
}

export const stepRulesOf = ({
  maxNumBatchedTokens,
  wholePrompts = false,
  plansAhead = false,
}: Pick<EngineSettings, 'maxNumBatchedTokens' | 'wholePrompts' | 'plansAhead'>): StepRules => ({
  step_tokens: maxNumBatchedTokens,
  whole_prompts: wholePrompts,
  plans_ahead: plansAhead,
});

/** Those of vLLM, at a number of tokens. */
export const inPieces = (step_tokens: number): StepRules => ({
  step_tokens,
  whole_prompts: false,
  plans_ahead: false,
});

/**
 * Tokens of a step for its next prompt; 0: the prompt waits for another step.
 * @param left that the step takes yet
 * @param first whether no other prompt is in the step: where prompts are computed whole it is, however long
 */
export function roomFor(prompt: number, left: number, first: boolean, whole: boolean): number {
  if (!whole || prompt <= left) return left;
  return first ? prompt : 0;
}

/** Whole prompts that a step holds; 0: each is computed in pieces. */
export function promptsWithin(room: number, prompt: number, whole: boolean): number {
  const held = Math.floor(room / prompt);
  return whole ? Math.max(1, held) : held;
}

/** Tokens of a step that prompts of a length can use: all, or as many whole ones as it holds. */
export const usableRoom = (room: number, prompt: number, whole: boolean): number =>
  whole ? prompt * promptsWithin(room, prompt, whole) : room;
