import type { Padding } from '../../roofline/padding.ts';

/** Sizes that engines pad to unless they are told otherwise: what a staircase in the measurements may be. */
export const USUAL_PADDINGS = ['cuda_graphs', 'doubling_batch', 'doubling_shapes'] as const;
export type UsualPadding = (typeof USUAL_PADDINGS)[number];

/** What a fit takes steps to be padded to: nothing, what was read of the server, or what its measurements show, usual sizes or others. */
export type PaddingChoice = 'none' | 'read' | UsualPadding | OtherSizes;

/** Sizes that no engine is known for, made up from the loads of the data. */
export interface OtherSizes {
  readonly sizes: Padding;
}

const doubling = (smallest: number, largest: number): number[] => {
  const sizes: number[] = [];
  for (let size = smallest; size <= largest; size *= 2) sizes.push(size);
  return sizes;
};
const every = (step: number, from: number, to: number): number[] =>
  Array.from({ length: (to - from) / step + 1 }, (_, i) => from + step * i);

const GRAPHS = { query: null, kv_blocks: null, block_size: 16 };

const USUAL: Readonly<Record<UsualPadding, Padding>> = {
  // vLLM's, of which max_num_seqs cuts off the largest.
  cuda_graphs: { batch: [1, 2, 4, ...every(8, 8, 248), ...every(16, 256, 512)], ...GRAPHS },
  doubling_batch: { batch: doubling(1, 512), ...GRAPHS },
  // Gaudi's exponential buckets.
  doubling_shapes: {
    batch: doubling(1, 256),
    query: doubling(128, 8192),
    kv_blocks: doubling(1, 65_536),
    context_blocks: doubling(1, 1024),
    block_size: 128,
  },
};

/** @param read what was read of the server, whether or not it is used */
export function paddingOf(choice: PaddingChoice, read: Padding | undefined): Padding | undefined {
  if (choice === 'none') return undefined;
  if (typeof choice === 'object') return choice.sizes;
  return choice === 'read' ? read : USUAL[choice];
}

/** Whether any axis is padded. */
export const pads = ({ batch, query, kv_blocks, context_blocks = null }: Padding): boolean =>
  [batch, query, kv_blocks, context_blocks].some((sizes) => sizes !== null);
