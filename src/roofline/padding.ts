/**
 * Sizes that a server computes its steps in: a step is padded up to the next one, and beyond the largest it is computed as it
 * is. Every list ascends; null: that axis is not padded.
 *
 * Without `query` sizes these are CUDA graphs: all rows of a step, prompts' too, are padded together, and only GEMMs see it.
 * With them shapes are static (Gaudi): the decoding sequences are padded to `batch`, each piece of a prompt to `query` tokens,
 * the KV cache that decodes read to `kv_blocks` blocks of `block_size` tokens, and what a piece of a prompt finds in the cache
 * (its earlier pieces, or a cached beginning) to `context_blocks` of them.
 *
 * A bucket of vllm-gaudi's is a triple, [batch, query tokens, context blocks] of a prompt and [batch, 1, KV blocks] of decodes; a
 * step takes the first in order whose three sizes all hold it, a prompt's context counting in blocks, rounded up
 * (`find_prompt_bucket` in vllm_gaudi/extension/bucketing/common.py, `_form_prefill_batch` in its hpu_model_runner.py; both
 * strategies make context sizes from 0 on, exponential.py and linear.py). One prompt a batch is its default. Triples are a product
 * of one list an axis but for those beyond the longest request, so each axis is padded on its own here.
 */
export interface Padding {
  readonly batch: readonly number[] | null;
  readonly query: readonly number[] | null;
  readonly kv_blocks: readonly number[] | null;
  /** Absent as null: nothing is known of them, or no prompt has any. */
  readonly context_blocks?: readonly number[] | null | undefined;
  /** Tokens of a KV block. */
  readonly block_size: number;
}

/** The sizes alone; axes that are not padded and that older records do not have stay absent. */
export function sizesOf({ batch, query, kv_blocks, context_blocks = null, block_size }: Padding): Padding {
  return { batch, query, kv_blocks, ...(context_blocks && { context_blocks }), block_size };
}

/** Where the sizes come from: the server's log, what it or the lab states, or the staircase that measurements show. */
export const PADDING_SOURCES = ['log', 'config', 'detected'] as const;
export type PaddingSource = (typeof PADDING_SOURCES)[number];

/** The place of the smallest size that holds `size`; the list's length where none does. */
function placeOf(sizes: readonly number[], size: number): number {
  let [low, high] = [0, sizes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sizes[middle]! < size) low = middle + 1;
    else high = middle;
  }
  return low;
}

const padded = (sizes: readonly number[], size: number): number =>
  size <= 0 ? 0 : (sizes[placeOf(sizes, size)] ?? size);

/** A number as it is computed. One that is a mean of whole numbers lies between what its two neighbours are padded to. */
export function paddedSize(sizes: readonly number[] | null, size: number): number {
  if (sizes === null) return size;
  const below = Math.floor(size);
  if (below === size) return padded(sizes, size);
  return (below + 1 - size) * padded(sizes, below) + (size - below) * padded(sizes, below + 1);
}

/** Mean of what an amount that lies evenly between `from` and `to` is padded to. */
export function meanPadded(sizes: readonly number[] | null, from: number, to: number): number {
  if (sizes === null) return (from + to) / 2;
  if (to - from < 1e-9) return padded(sizes, to);
  let sum = 0;
  let at = from;
  for (let place = placeOf(sizes, from); at < to; place += 1) {
    const size = sizes[place];
    if (size === undefined) return (sum + ((to - at) * (to + at)) / 2) / (to - from);
    const end = Math.min(to, size);
    sum += (end - at) * size;
    at = end;
  }
  return sum / (to - from);
}
