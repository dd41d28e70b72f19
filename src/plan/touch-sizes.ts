import type { CellShape } from '../run/schema.ts';
import { DEFAULT_MAX_NUM_BATCHED_TOKENS } from './facts.ts';

/** Sizes of engine steps that a cell meets and that its own probe, one request alone, does not show the server. */
export interface TouchSizes {
  /** Lengths of prompts that make steps of so many prompt tokens. */
  readonly prompts: readonly number[];
  /** Streams that decode together, down to one; 0: none. */
  readonly batch: number;
}

export const NO_SIZES: TouchSizes = { prompts: [], batch: 0 };

/** Engine limits that are known; null where the server does not say them. */
export interface TouchLimits {
  readonly maxNumBatchedTokens: number | null;
  readonly maxNumSeqs: number | null;
  readonly maxLengthTokens: number | null;
}

/** Streams that an open loop is shown: how many it will hold is what it is to find. */
const OPEN_BATCH = 32;
/** Tokens that a touched prompt asks for: the first, and one decode step. */
export const TOUCH_OUTPUT_TOKENS = 2;

/**
 * Sizes that a cell may meet and the server has not seen. Prompts that meet share the chunk budget, so that what is left of one
 * can be any size: kernels are chosen, and compiled, by powers of two, so each of these comes once. A lone stream cuts its
 * prompt the same way every time, and a cell of batches shows its own before it is measured.
 * @param seen what was touched before
 */
export function unseenSizes(cell: CellShape, limits: TouchLimits, seen: TouchSizes): TouchSizes {
  if (cell.concurrency === 1 || cell.kind === 'decode' || cell.kind === 'disaggregated') return NO_SIZES;
  const together = cell.concurrency === null ? Infinity : cell.concurrency * cell.input_tokens;
  const longest = (limits.maxLengthTokens ?? Infinity) - TOUCH_OUTPUT_TOKENS;
  const most = Math.min(limits.maxNumBatchedTokens ?? DEFAULT_MAX_NUM_BATCHED_TOKENS, together, longest);
  const prompts = [];
  for (let size = 1; size <= most; size *= 2) if (!seen.prompts.includes(size)) prompts.push(size);
  const streams = Math.min(cell.concurrency ?? OPEN_BATCH, limits.maxNumSeqs ?? Infinity);
  const batch = cell.kind === 'prefill' || streams <= seen.batch ? 0 : streams;
  return { prompts, batch };
}
