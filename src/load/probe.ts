import { residence } from '../measure/latency.ts';
import type { ClosedLoopCell } from './cell.ts';
import { clampLength } from './lengths.ts';
import type { Requests } from './requests.ts';

/** Sends one request alone, of nominal length; `ended` gets its residence, s, or null when it did not complete. */
export function sendProbe(
  requests: Requests,
  cell: ClosedLoopCell,
  now: number,
  ended: (residence: number | null) => void,
): void {
  const outputTokens = clampLength(cell.outputTokens, cell);
  requests.send(
    { stream: 0, role: 'probe', scheduledAt: now, inputTokens: cell.inputTokens, outputTokens },
    (timeline) => ended(timeline.outcome.state === 'completed' ? residence(timeline) : null),
  );
}
