import { RidgeError } from '../errors.ts';
import { type Padding, paddedSize } from '../roofline/padding.ts';
import type { StepLoad } from '../roofline/step.ts';
import type { Bucket, Buckets } from '../suite/buckets.ts';

/** Seconds that a shape takes to compile, in the device's own time. */
const COMPILE_S = 1.5;
const SMALLEST_QUERY = 128;
/** Beyond it a query is not padded, and compiles whenever it is new. */
const LARGEST_QUERY = 8192;
const LARGEST_BATCH = 256;

/** `warm`: all buckets were compiled before the server listened; `cold`: each is compiled when it is first seen. */
export type BucketMode = 'warm' | 'cold';

/** @throws RidgeError (exit 2); null: no buckets */
export function parseBucketMode(text: string, flag = '--buckets'): BucketMode | null {
  if (text === 'off') return null;
  if (text === 'warm' || text === 'cold') return text;
  throw new RidgeError(`${flag}: '${text}' is neither off, warm nor cold`);
}

const LARGEST_KV_BLOCKS = 65_536;
const LARGEST_CONTEXT_BLOCKS = 8192;
/** The simulated server's, far smaller than Gaudi's 128. */
const BLOCK_SIZE = 16;

/** Powers of two, as exponential bucketing has them. */
const powersOfTwo = (smallest: number, largest: number): number[] =>
  Array.from({ length: 1 + Math.round(Math.log2(largest / smallest)) }, (_, i) => smallest * 2 ** i);

const QUERIES = powersOfTwo(SMALLEST_QUERY, LARGEST_QUERY);
const BATCHES = powersOfTwo(1, LARGEST_BATCH);
const CONTEXTS = powersOfTwo(1, LARGEST_CONTEXT_BLOCKS);

/** What a server with blocks of 16 tokens pads its steps to. */
export const BUCKET_SIZES: Padding = {
  batch: BATCHES,
  query: QUERIES,
  kv_blocks: powersOfTwo(1, LARGEST_KV_BLOCKS),
  context_blocks: CONTEXTS,
  block_size: BLOCK_SIZE,
};

/** The sizes as lists of buckets, as a lab file or a log has them. */
export const BUCKETS: Buckets = {
  prompt: QUERIES.flatMap((tokens) => [0, ...CONTEXTS].map((blocks): Bucket => [1, tokens, blocks])),
  decode: BATCHES.flatMap((batch) => BUCKET_SIZES.kv_blocks!.map((blocks): Bucket => [batch, 1, blocks])),
  block_size: BUCKET_SIZES.block_size,
};

const listed = (kind: string, buckets: readonly (readonly number[])[]): string =>
  `Generated ${buckets.length} ${kind} buckets [bs, query, num_blocks]: [${buckets.map((one) => `(${one.join(', ')})`).join(', ')}]`;

/** The sizes as Gaudi's server logs them. */
export const BUCKET_LINES: readonly string[] = [
  listed('prompt', BUCKETS.prompt),
  listed('decode', BUCKETS.decode),
];

/** Stalls of shapes that are not compiled yet. */
export function createCompileStalls(mode: BucketMode, timeScale: number): (load: StepLoad) => number {
  const seen = new Set<string>();
  return (load) => {
    let seconds = 0;
    for (const shape of shapesOf(load)) {
      if (seen.has(shape.key) || (mode === 'warm' && shape.covered)) continue;
      seen.add(shape.key);
      seconds += COMPILE_S * timeScale;
    }
    return seconds;
  };
}

function shapesOf({ prefills, decodes }: StepLoad): { key: string; covered: boolean }[] {
  const prompts = prefills.map(({ tokens, context }) => {
    const blocks = Math.ceil(context / BLOCK_SIZE);
    return {
      key: `prompt ${paddedSize(QUERIES, tokens)} ${paddedSize(CONTEXTS, blocks)}`,
      covered: tokens <= LARGEST_QUERY && blocks <= LARGEST_CONTEXT_BLOCKS,
    };
  });
  const batch = { key: `decode ${paddedSize(BATCHES, decodes)}`, covered: decodes <= LARGEST_BATCH };
  return decodes === 0 ? prompts : [...prompts, batch];
}
