import { RidgeError } from '../errors.ts';
import type { StepLoad } from '../roofline/step.ts';

/** Seconds that a shape takes to compile, in the device's own time. */
const COMPILE_S = 1.5;
const SMALLEST_QUERY = 128;
/** Beyond it a query is not padded, and compiles whenever it is new. */
const LARGEST_QUERY = 8192;
const LARGEST_BATCH = 256;

/** `warm`: all buckets were compiled before the server listened; `cold`: each is compiled when it is first seen. */
export type BucketMode = 'warm' | 'cold';

/** @throws RidgeError (exit 2); null: no buckets */
export function parseBucketMode(text: string): BucketMode | null {
  if (text === 'off') return null;
  if (text === 'warm' || text === 'cold') return text;
  throw new RidgeError(`--buckets: '${text}' is neither off, warm nor cold`);
}

const powerOfTwo = (size: number): number => 2 ** Math.ceil(Math.log2(size));

/** A query's tokens as they are computed: padded to a power of two from 128 on, as exponential bucketing does. */
export const paddedQuery = (tokens: number): number =>
  tokens > LARGEST_QUERY ? tokens : Math.max(SMALLEST_QUERY, powerOfTwo(tokens));

export const paddedBatch = (batch: number): number =>
  batch > LARGEST_BATCH || batch === 0 ? batch : powerOfTwo(batch);

/** The step as the device computes it: its prompts and its batch padded up to their buckets. */
export const paddedLoad = (load: StepLoad): StepLoad => ({
  ...load,
  prefills: load.prefills.map((chunk) => ({ ...chunk, tokens: paddedQuery(chunk.tokens) })),
  decodes: paddedBatch(load.decodes),
});

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
  const prompts = prefills.map(({ tokens }) => ({
    key: `prompt ${paddedQuery(tokens)}`,
    covered: tokens <= LARGEST_QUERY,
  }));
  const batch = { key: `decode ${paddedBatch(decodes)}`, covered: decodes <= LARGEST_BATCH };
  return decodes === 0 ? prompts : [...prompts, batch];
}
