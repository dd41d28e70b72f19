import type { RequestTimeline } from './timeline.ts';

/** The steps of one batch in which all of it decodes: after the last first token, until the first finish. */
export interface BatchDecode {
  /** Seconds a step, over all streams. */
  readonly tpot_s: number;
  /** Steps between the two ends, the greatest of the streams' counts. */
  readonly steps: number;
  /** Seconds over which a stream's tokens were counted, mean of the streams. */
  readonly span_s: number;
  /** KV length of a stream in the middle of the span, mean of the streams, tokens. */
  readonly context_tokens: number;
  /** Tokens that all streams got within their spans. */
  readonly tokens: number;
}

/**
 * Decode steps of a batch of completed requests that were released together. Tokens of one step reach the streams within
 * a fraction of a millisecond, so each stream is counted between its own stamps inside the common span.
 * @returns null when there is no step in which all of them decode: some finished before the last one began
 */
export function batchDecode(batch: readonly RequestTimeline[]): BatchDecode | null {
  const opened = Math.max(...batch.map(({ chunks }) => chunks.at_s[0] ?? Number.POSITIVE_INFINITY));
  const closed = Math.min(...batch.map(({ chunks }) => chunks.at_s.at(-1) ?? Number.NEGATIVE_INFINITY));
  const streams = batch.map((request) => streamSpan(request, opened, closed)).filter((one) => one !== null);
  if (streams.length < batch.length || streams.length === 0) return null;
  const total = (value: (one: StreamSpan) => number): number =>
    streams.reduce((sum, one) => sum + value(one), 0);
  const tokens = total((one) => one.tokens);
  return {
    tpot_s: total((one) => one.seconds) / tokens,
    steps: Math.max(...streams.map((one) => one.tokens)),
    span_s: total((one) => one.seconds) / streams.length,
    context_tokens: total((one) => one.context) / streams.length,
    tokens,
  };
}

interface StreamSpan {
  readonly seconds: number;
  readonly tokens: number;
  readonly context: number;
}

/** A stream between its first stamp at or after `opened` and its last at or before `closed`. */
function streamSpan(
  { chunks, input_tokens }: RequestTimeline,
  opened: number,
  closed: number,
): StreamSpan | null {
  let before = 0;
  let inside = 0;
  let first = -1;
  let last = -1;
  for (const [index, at] of chunks.at_s.entries()) {
    if (at > closed) break;
    if (first < 0) before += chunks.tokens[index]!;
    else inside += chunks.tokens[index]!;
    if (at < opened) continue;
    if (first < 0) first = index;
    last = index;
  }
  if (first < 0 || last <= first) return null;
  return {
    seconds: chunks.at_s[last]! - chunks.at_s[first]!,
    tokens: inside,
    context: input_tokens + before + inside / 2,
  };
}

/** Batches of a cell in order: requests that were released at one time. */
export const batchesOf = (requests: readonly RequestTimeline[]): (readonly RequestTimeline[])[] => [
  ...Map.groupBy(requests, (request) => request.scheduled_s).values(),
];
