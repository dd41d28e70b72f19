import type { Padding } from '../../roofline/padding.ts';
import type { Observation } from '../observations.ts';

/** Tokens of a block on servers that compute static shapes. */
export const BLOCK_SIZE = 128;

/**
 * Doubling from `smallest` up to `step`, then its multiples until one holds `largest`: linear buckets of vllm-gaudi
 * (`warmup_range` in its bucketing/linear.py), and what most engines' lists of sizes look like.
 */
export function ramp(smallest: number, step: number, largest: number): number[] {
  const sizes: number[] = [];
  for (let size = smallest; size < step; size *= 2) sizes.push(size);
  let size = step;
  for (; size < largest; size += step) sizes.push(size);
  return [...sizes, size];
}

/**
 * Sizes that are evenly spaced as ratios, each rounded up to a multiple of `step`: exponential buckets of vllm-gaudi
 * (`warmup_range_with_limit` in its bucketing/exponential.py).
 * @param count default: as many as there are powers of two up to `largest`, as it has them
 */
export function exponential(
  smallest: number,
  step: number,
  largest: number,
  count: number = Math.ceil(Math.log2(largest)) + 1,
): number[] {
  const sizes = Array.from({ length: count }, (_, i) => {
    const size = smallest * (largest / smallest) ** (i / (count - 1));
    // Rounding leaves some of the whole ones a hair above themselves.
    return step * Math.ceil(size / step - 1e-9);
  });
  return [...new Set(sizes)];
}

type Sizes = readonly number[];

/** Sizes of each axis that a staircase in the data may have. */
export interface GeneratedSizes {
  readonly batch: readonly Sizes[];
  readonly query: readonly Sizes[];
  readonly kv_blocks: readonly (Sizes | null)[];
}

function longestPrompt({ input_tokens, driving }: Observation): number {
  const [, longest] = (driving?.kind === 'steady' && driving.input_spread) || [1, 1];
  return Math.round(input_tokens * longest);
}

/** From the loads, lengths and engine settings of the data. */
export function generatedSizes(observations: readonly Observation[]): GeneratedSizes {
  const most = (of: (one: Observation) => number): number => Math.max(...observations.map(of));
  const streams = most(({ concurrency }) => concurrency);
  const budget = most(({ engine }) => engine.maxNumBatchedTokens);
  const prompt = Math.min(budget, most(longestPrompt));
  const tokens = most((one) => one.concurrency * (one.input_tokens + one.output_tokens));
  const blocks = tokens / BLOCK_SIZE;
  const capacity = most(({ engine }) => engine.kvCapacityTokens) / BLOCK_SIZE;
  const seats = most(({ engine }) => engine.maxNumSeqs);
  return {
    batch: [8, 16, 32, 64].map((step) => ramp(1, step, streams)),
    query: [
      ...[128, 256, 512, 1024].map((step) => ramp(BLOCK_SIZE, step, prompt)),
      exponential(BLOCK_SIZE, BLOCK_SIZE, budget),
    ],
    kv_blocks: [
      null,
      ramp(1, BLOCK_SIZE, blocks),
      ramp(BLOCK_SIZE, BLOCK_SIZE, blocks),
      exponential(seats, seats, Math.max(seats, capacity)),
    ],
  };
}

/** Sizes of CUDA graphs, which pad nothing but batches. */
export const graphs = (batch: Sizes): Padding => ({ batch, query: null, kv_blocks: null, block_size: 16 });
