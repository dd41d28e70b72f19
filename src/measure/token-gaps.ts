import { singleTokenShare } from './gaps.ts';
import { outputTokens } from './latency.ts';
import { isCompleted } from './selection.ts';
import type { RequestTimeline } from './timeline.ts';

/** Chunks of one token each, but for so few that no percentile sees them. */
const SINGLE_TOKENS = 0.99;

/** Whether gaps between chunks are times between tokens (TBT). */
export const areTokenGaps = (requests: readonly RequestTimeline[]): boolean =>
  (singleTokenShare(requests.filter(isCompleted)) ?? 0) >= SINGLE_TOKENS;

/** Gaps between the tokens of one request, s. */
export function gapsOf({ chunks }: Pick<RequestTimeline, 'chunks'>): number[] {
  return Array.from(chunks.at_s.slice(1), (at, i) => at - chunks.at_s[i]!);
}

/**
 * Times between tokens of all requests, s, in the order in which the tokens came: streams that share a step have the same gap,
 * and a series by time shows that they depend on one another. A failed request has as many infinite gaps as the others have
 * gaps. Null where chunks carry several tokens.
 */
export function tokenGapsInTime(requests: readonly RequestTimeline[]): number[] | null {
  const completed = requests.filter(isCompleted);
  if (completed.length > 0 && !areTokenGaps(completed)) return null;
  const gaps = completed.flatMap(({ chunks }) =>
    gapsOf({ chunks }).map((gap, i) => ({ gap, at: chunks.at_s[i + 1]! })),
  );
  const values = gaps.sort((a, b) => a.at - b.at).map(({ gap }) => gap);
  const failed = requests.length - completed.length;
  if (failed === 0) return values;
  const tokens = completed.reduce((sum, request) => sum + outputTokens(request), 0);
  const each = Math.max(1, Math.round(tokens / Math.max(1, completed.length)) - 1);
  return [...values, ...Array.from({ length: failed * each }, () => Number.POSITIVE_INFINITY)];
}
