import { createEndpointPort, type EndpointPortOptions } from '../endpoint/port.ts';
import { type Touch, touchShape } from '../load/touch.ts';
import { TOUCH_OUTPUT_TOKENS } from '../plan/touch-sizes.ts';
import type { CellTask } from './protocol.ts';

/** What compiles at first use (kernels of ROCm and CUDA, shapes of Gaudi) takes minutes, before a token or between two. */
const COMPILE_PATIENCE_S = 900;
/** On static shapes every batch size up to the cell's is its own: all of them are seen, twice. */
const BUCKET_ROUNDS = 2;
/** Prompts of a batch that is touched for its size. */
const BATCH_INPUT_TOKENS = 16;
/** Such a batch decodes together for some steps, then ends stream by stream over at most so many more. */
const TOGETHER_TOKENS = 6;
const MOST_ENDS = 64;

/**
 * Shows the server a shape before its first cell, with the patience that a compilation takes: one request of its own, then
 * the sizes of steps that its streams will meet. Nothing of it is measured.
 * @returns requests sent
 */
export async function touchFirst(
  options: EndpointPortOptions,
  task: CellTask,
  signal: AbortSignal,
): Promise<number> {
  const touches = touchesOf(task);
  if (touches.length === 0) return 0;
  const { requestTimeoutSeconds, stallTimeoutSeconds } = options;
  const port = createEndpointPort({
    ...options,
    workers: 1,
    requestTimeoutSeconds: Math.max(requestTimeoutSeconds, COMPILE_PATIENCE_S),
    stallTimeoutSeconds: Math.max(stallTimeoutSeconds, COMPILE_PATIENCE_S),
  });
  try {
    for (const touch of touches) await touchShape(port, touch, signal);
    return touches.reduce((sum, { concurrency, rounds }) => sum + concurrency * rounds, 0);
  } finally {
    await port.close();
  }
}

/** Sends the beginning that all prompts of a cell share, so that it is in the prefix cache; nothing of it is measured. */
export async function sendPrefix(
  options: EndpointPortOptions,
  { input_tokens: inputTokens }: Pick<CellTask, 'input_tokens'>,
  signal: AbortSignal,
): Promise<void> {
  const port = createEndpointPort({ ...options, workers: 1 });
  const once = { leastOutputTokens: 1, outputTokens: 1, concurrency: 1, rounds: 1 };
  try {
    await touchShape(port, { inputTokens, ...once }, signal);
  } finally {
    await port.close();
  }
}

/** What is shown to the server before a cell. */
export function touchesOf(
  task: Pick<
    CellTask,
    | 'touch_sizes'
    | 'touch_first'
    | 'first_of_shape'
    | 'buckets'
    | 'input_tokens'
    | 'output_tokens'
    | 'concurrency'
  >,
): Touch[] {
  const { touch_sizes: sizes, input_tokens: inputTokens, output_tokens: outputTokens } = task;
  const shape = { inputTokens, outputTokens, leastOutputTokens: 1 };
  if (task.buckets !== undefined && task.first_of_shape)
    return [{ ...shape, concurrency: task.concurrency ?? 1, rounds: BUCKET_ROUNDS }];
  const once = { concurrency: 1, rounds: 1 };
  const own = task.touch_first === true ? [{ ...shape, ...once }] : [];
  if (sizes === undefined) return own;
  const prompts = sizes.prompts.map((size) => ({
    ...{ inputTokens: size, outputTokens: TOUCH_OUTPUT_TOKENS, leastOutputTokens: TOUCH_OUTPUT_TOKENS },
    ...once,
  }));
  const batch = {
    inputTokens: BATCH_INPUT_TOKENS,
    leastOutputTokens: TOGETHER_TOKENS,
    outputTokens: TOGETHER_TOKENS + Math.min(sizes.batch, MOST_ENDS),
    concurrency: sizes.batch,
    rounds: 1,
  };
  return [...own, ...prompts, ...(sizes.batch > 0 ? [batch] : [])];
}
