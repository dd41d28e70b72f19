import { residence } from '../measure/latency.ts';
import type { RequestTimeline } from '../measure/timeline.ts';
import type { BaseCell } from './cell.ts';
import { clampLength } from './lengths.ts';
import type { Requests } from './requests.ts';

/** Sends one request alone, of nominal length; `ended` gets its residence, s, or null when it did not complete, and all that was seen of it. */
export function sendProbe(
  requests: Requests,
  cell: Pick<BaseCell, 'inputTokens' | 'outputTokens' | 'maxLengthTokens'>,
  now: number,
  ended: (residence: number | null, timeline: RequestTimeline) => void,
): void {
  const outputTokens = clampLength(cell.outputTokens, cell);
  requests.send(
    { stream: 0, role: 'probe', scheduledAt: now, inputTokens: cell.inputTokens, outputTokens },
    (timeline) => ended(timeline.outcome.state === 'completed' ? residence(timeline) : null, timeline),
  );
}
