import type { TimeSpan } from './evidence.ts';
import { lastTokenAt } from './latency.ts';
import { isCompleted, isInside } from './selection.ts';
import type { RequestTimeline } from './timeline.ts';

/**
 * Mean time between the last token of a completed request and the next request of that stream on the socket, s: how long
 * a closed loop leaves a seat empty. Over requests sent inside the window; null when none follows another.
 */
export function meanTurnAround(timelines: readonly RequestTimeline[], window: TimeSpan): number | null {
  const previous = new Map<number, RequestTimeline>();
  let seconds = 0;
  let n = 0;
  const ordered = timelines
    .filter((request) => request.role !== 'probe')
    .sort((a, b) => a.sequence - b.sequence);
  for (const request of ordered) {
    const before = previous.get(request.stream);
    previous.set(request.stream, request);
    const last = before !== undefined && isCompleted(before) ? lastTokenAt(before) : null;
    if (last === null || !isInside(request.sent_s, window)) continue;
    seconds += request.sent_s - last;
    n += 1;
  }
  return n === 0 ? null : seconds / n;
}
