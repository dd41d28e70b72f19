import type { TimeSpan } from './evidence.ts';
import { firstTokenAt, outputTokens } from './latency.ts';
import { isCompleted, isInside } from './selection.ts';
import type { RequestTimeline } from './timeline.ts';

/** Output tokens whose arrival lies in the window, whatever request they belong to. */
export function tokensArrived(timelines: readonly RequestTimeline[], window: TimeSpan): number {
  let tokens = 0;
  for (const { chunks } of timelines) {
    const stop = lowerBound(chunks.at_s, window.closed_s);
    for (let i = lowerBound(chunks.at_s, window.opened_s); i < stop; i++) tokens += chunks.tokens[i]!;
  }
  return tokens;
}

/** Token-bearing chunks that arrive in the window, whatever request they belong to. */
export function chunksArrived(timelines: readonly RequestTimeline[], window: TimeSpan): number {
  let chunks = 0;
  for (const request of timelines) {
    const { at_s } = request.chunks;
    chunks += lowerBound(at_s, window.closed_s) - lowerBound(at_s, window.opened_s);
  }
  return chunks;
}

/** Input tokens of the requests whose first token lies in the window: a prompt is credited when it is done. */
export function inputTokensDone(timelines: readonly RequestTimeline[], window: TimeSpan): number {
  let tokens = 0;
  for (const request of timelines) {
    const first = firstTokenAt(request);
    if (first === null || !isInside(first, window)) continue;
    tokens += request.usage?.prompt_tokens ?? request.input_tokens;
  }
  return tokens;
}

/** Time-weighted mean of the requests in flight over the window: on the socket and not ended. */
export function meanInFlight(timelines: readonly RequestTimeline[], window: TimeSpan): number {
  let seconds = 0;
  for (const request of timelines) {
    const from = Math.max(request.sent_s, window.opened_s);
    const to = Math.min(request.ended_s, window.closed_s);
    if (to > from) seconds += to - from;
  }
  return seconds / (window.closed_s - window.opened_s);
}

/** Tokens of completed requests over the wall time from the first dispatch to the last end: what vLLM's own client prints. */
export function wholeRunTokensPerSecond(timelines: readonly RequestTimeline[]): number | null {
  let tokens = 0;
  let began = Number.POSITIVE_INFINITY;
  let ended = Number.NEGATIVE_INFINITY;
  for (const request of timelines) {
    if (request.role === 'probe' || !isCompleted(request)) continue;
    tokens += outputTokens(request);
    began = Math.min(began, request.sent_s);
    ended = Math.max(ended, request.ended_s);
  }
  return ended > began ? tokens / (ended - began) : null;
}

/** Index of the first value that is not below `bound`, in an ascending list. */
function lowerBound(values: readonly number[], bound: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
