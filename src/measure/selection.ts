import type { TimeSpan } from './evidence.ts';
import type { RequestTimeline } from './timeline.ts';

/** Whether a time lies in the half-open window. */
export function isInside(time: number, window: TimeSpan): boolean {
  return time >= window.opened_s && time < window.closed_s;
}

/** The latency samples: requests of the load sent inside the window, in the order of sending. */
export function measuredRequests(
  timelines: readonly RequestTimeline[],
  window: TimeSpan,
): readonly RequestTimeline[] {
  return timelines
    .filter((request) => request.role === 'load' && isInside(request.sent_s, window))
    .sort((a, b) => a.sent_s - b.sent_s);
}

export function isCompleted(request: RequestTimeline): boolean {
  return request.outcome.state === 'completed';
}

/**
 * Failed requests that touch what was measured: all but those that were over before the window opened (a probe that was
 * tried again, a stream that failed in warm-up). Without a window, every failed request.
 */
export function harmfulFailures(
  timelines: readonly RequestTimeline[],
  window: TimeSpan | null,
): readonly RequestTimeline[] {
  return timelines.filter(
    (request) =>
      request.outcome.state === 'failed' && (window === null || request.ended_s >= window.opened_s),
  );
}
