import type { LoadPort } from './port.ts';

/** What is touched before a cell: so many requests of a shape at once, so often. */
export interface Touch {
  readonly inputTokens: number;
  /** Of the first stream that ends, and of the last. */
  readonly leastOutputTokens: number;
  readonly outputTokens: number;
  readonly concurrency: number;
  readonly rounds: number;
}

/**
 * Lets a server see a shape before it is measured, so that what compiles at first use compiles now: rounds of requests
 * released together. The lengths of a round end one after another, so that the batch passes every smaller size as well.
 * What comes back is dropped; a server that fails here fails in the cell as well.
 */
export async function touchShape(port: LoadPort, touch: Touch, signal: AbortSignal): Promise<void> {
  for (let round = 0; round < touch.rounds && !signal.aborted; round += 1) {
    const streams = Array.from({ length: touch.concurrency }, (_, stream) =>
      touchOnce(port, touch, round, stream, signal),
    );
    await Promise.all(streams);
  }
}

function touchOnce(
  port: LoadPort,
  { inputTokens, leastOutputTokens, outputTokens, concurrency }: Touch,
  round: number,
  stream: number,
  signal: AbortSignal,
): Promise<void> {
  const share = (stream + 1) / concurrency;
  return new Promise((resolve) => {
    const stop = port.send(
      {
        sequence: round * concurrency + stream,
        stream,
        role: 'probe',
        inputTokens,
        outputTokens: Math.max(leastOutputTokens, Math.round(share * outputTokens)),
        scheduledAt: port.now(),
      },
      () => {
        signal.removeEventListener('abort', stop);
        resolve();
      },
    );
    signal.addEventListener('abort', stop, { once: true });
  });
}
