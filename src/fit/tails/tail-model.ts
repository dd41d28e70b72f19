import type { EngineSettings } from '../../roofline/serving.ts';
import { type BurstStart, NO_START, NO_TRAITS, type TailTraits } from '../../roofline/tails.ts';
import type { TailKey } from './tail-keys.ts';

/** How far predictions of a percentile were off on the cells that traits were learnt from. */
export interface TailMiss {
  readonly key: TailKey;
  readonly cells: number;
  /** Half-width of a 90 % interval, as a natural logarithm. */
  readonly log_half_width_90: number;
}

/** How bursts of the cells began. What is compiled at the first use depends on the prompts' length. */
export interface LearntStart extends BurstStart {
  readonly by_input: readonly { readonly input_tokens: number; readonly stall_s: number }[];
}

/** What tails of cells showed that their means hide; keys as in fit files. */
export interface TailModel {
  readonly traits: TailTraits;
  /** Token budget of a step as the gaps of mixed steps show it; null: the one that the fit was made with. */
  readonly max_num_batched_tokens: number | null;
  /** Null: no cell was a burst. */
  readonly start: LearntStart | null;
  readonly misses: readonly TailMiss[];
  /** The same of the closed form; absent: nobody looked. */
  readonly closed_form_misses?: readonly TailMiss[] | undefined;
}

/** What a burst of prompts of a length begins with. */
export function startOf({ start }: Pick<TailModel, 'start'>, inputTokens: number): BurstStart {
  if (start === null) return NO_START;
  const own = start.by_input.find(({ input_tokens }) => input_tokens === inputTokens);
  return { queue_ratio: start.queue_ratio, stall_s: own?.stall_s ?? start.stall_s };
}

/** The engine as its tails show it. */
export const tailEngine = (model: Pick<TailModel, 'max_num_batched_tokens'>, engine: EngineSettings) =>
  model.max_num_batched_tokens === null
    ? engine
    : { ...engine, maxNumBatchedTokens: model.max_num_batched_tokens };

/** Of an engine of which only means are known. */
export const UNKNOWN_TAILS: TailModel = {
  traits: NO_TRAITS,
  max_num_batched_tokens: null,
  start: null,
  misses: [],
};
