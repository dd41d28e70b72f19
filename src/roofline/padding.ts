/**
 * Sizes that a server computes its steps in: a step is padded up to the next one, and beyond the largest it is computed as it
 * is. Every list ascends; null: that axis is not padded.
 *
 * Without `query` sizes these are CUDA graphs: all rows of a step, prompts' too, are padded together, and only GEMMs see it.
 * With them shapes are static (Gaudi): the decoding sequences are padded to `batch`, each piece of a prompt to `query` tokens,
 * and the KV cache that decodes read to `kv_blocks` blocks of `block_size` tokens.
 */
export interface Padding {
  readonly batch: readonly number[] | null;
  readonly query: readonly number[] | null;
  readonly kv_blocks: readonly number[] | null;
  /** Tokens of a KV block. */
  readonly block_size: number;
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
