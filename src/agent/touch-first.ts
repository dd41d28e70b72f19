import { createEndpointPort, type EndpointPortOptions } from '../endpoint/port.ts';
import { touchShape } from '../load/touch.ts';
import type { CellTask } from './protocol.ts';

/** What compiles at first use (kernels of ROCm and CUDA, shapes of Gaudi) takes minutes, before a token or between two. */
const COMPILE_PATIENCE_S = 900;
/** On static shapes every batch size up to the cell's is its own: all of them are seen, twice. */
const BUCKET_ROUNDS = 2;

/**
 * Shows the server a shape before its first cell, with the patience that a compilation takes. Nothing of it is measured.
 * @returns requests sent
 */
export async function touchFirst(
  options: EndpointPortOptions,
  task: CellTask,
  signal: AbortSignal,
): Promise<number> {
  const hasBuckets = task.buckets !== undefined && task.first_of_shape;
  if (!hasBuckets && task.touch_first !== true) return 0;
  const { requestTimeoutSeconds, stallTimeoutSeconds } = options;
  const port = createEndpointPort({
    ...options,
    workers: 1,
    requestTimeoutSeconds: Math.max(requestTimeoutSeconds, COMPILE_PATIENCE_S),
    stallTimeoutSeconds: Math.max(stallTimeoutSeconds, COMPILE_PATIENCE_S),
  });
  const touch = {
    inputTokens: task.input_tokens,
    outputTokens: task.output_tokens,
    concurrency: hasBuckets ? (task.concurrency ?? 1) : 1,
    rounds: hasBuckets ? BUCKET_ROUNDS : 1,
  };
  try {
    await touchShape(port, touch, signal);
    return touch.concurrency * touch.rounds;
  } finally {
    await port.close();
  }
}
