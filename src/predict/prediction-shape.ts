import type { Accelerator } from '../accelerator/accelerator.ts';
import { bindCard } from '../accelerator/peaks.ts';
import { RidgeError } from '../errors.ts';
import type { Predictor } from '../fit/cell-model.ts';
import type { ModelCard } from '../model/card.ts';
import { withDraft } from '../model/draft.ts';
import type { Speculation } from '../roofline/speculation.ts';
import type { Objectives } from '../suite/schema.ts';

/** A steady closed loop to predict. */
export interface PredictionShape {
  /** Prompt length, tokens. */
  readonly input: number;
  /** Tokens at the beginning of every prompt that are in the prefix cache, the same for all; default 0. */
  readonly cachedInput?: number | undefined;
  /** Output length, tokens. */
  readonly output: number;
  /** Streams that each send their next request when the last one finished. */
  readonly concurrency: number;
  /** Speculative decoding: tokens proposed in a step, and the share of them that is accepted; default: none. */
  readonly speculation?: Speculation | undefined;
  /** The model that proposes them, whose weights are read for each; default: the measured one, else proposals cost nothing (n-grams of the prompt). */
  readonly draft?: ModelCard | undefined;
  /** Tensor parallel size; default: the smallest that was measured. */
  readonly tp?: number | undefined;
  /**
   * Serving model over the fitted step: the event-skipping scheduler (default, about a millisecond) or the closed form
   * (microseconds; rough where prompts queue).
   */
  readonly predictor?: Predictor | undefined;
  /** Whether percentiles are predicted, too: some tens of milliseconds; those that objectives name always are. */
  readonly tails?: boolean | undefined;
  /** Latency limits in milliseconds, as suites write them: `{ tbt_p99_ms: 20 }`. */
  readonly objectives?: Objectives | undefined;
}

/** @throws RidgeError (exit 2) when a length, the concurrency or the tensor parallel size is no number that a loop can have */
export function requireShape(
  { input, cachedInput = 0, output, concurrency }: PredictionShape,
  tp: number,
): void {
  for (const [name, value] of Object.entries({ input, output, concurrency, tp })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new RidgeError(`${name} must be a whole number of 1 or more, not ${value}`);
  }
  if (Number.isInteger(cachedInput) && cachedInput >= 0 && cachedInput < input) return;
  throw new RidgeError(`cached input must be a whole number below the input (${input}), not ${cachedInput}`);
}

/** @throws RidgeError (exit 2) when the model takes no request that long */
export function refuseTooLong({ id, max_length_tokens: maximum }: ModelCard, length: number): void {
  if (maximum === null || length <= maximum) return;
  throw new RidgeError(`input and output are ${length} tokens; ${id} takes at most ${maximum}`, {
    mend: 'Use a shorter request.',
  });
}

/** Percentiles are wanted for themselves, or because a limit is on one. */
export const wantsTails = ({ tails = false, objectives = {} }: PredictionShape): boolean =>
  tails || Object.keys(objectives).some((key) => !key.includes('_mean_'));

/** @throws RidgeError (exit 2) for a speculation that no server has, or its percentiles by the closed form */
export function refuseOddSpeculation(shape: PredictionShape): void {
  const { speculation } = shape;
  if (speculation === undefined) return;
  const { draftTokens, acceptance } = speculation;
  if (!Number.isInteger(draftTokens) || draftTokens < 1 || !(acceptance >= 0 && acceptance <= 1)) {
    throw new RidgeError('speculation takes a whole number of draft tokens and an acceptance from 0 to 1');
  }
  if (!wantsTails(shape) || shape.predictor !== 'closed_form') return;
  throw new RidgeError('the closed form has no percentiles with speculative decoding', {
    mend: 'Leave out --closed-form; means can be objectives.',
  });
}

/** The model's card with the one that proposes tokens for it, where there is one. */
export const withProposer = (
  card: ModelCard,
  accelerator: Accelerator,
  { draft, speculation }: Pick<PredictionShape, 'draft' | 'speculation'>,
): ModelCard => (draft && speculation ? bindCard(withDraft(card, draft), accelerator) : card);
