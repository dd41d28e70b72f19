import type { RequestTimeline } from './timeline.ts';

/** Gaps between token-bearing chunks (ICL) of all requests, s, one request after another. */
export function chunkGaps(requests: readonly RequestTimeline[]): number[] {
  const gaps: number[] = [];
  for (const { chunks } of requests) {
    for (let i = 1; i < chunks.at_s.length; i++) gaps.push(chunks.at_s[i]! - chunks.at_s[i - 1]!);
  }
  return gaps;
}

/** Share of token-bearing chunks that carry exactly one token; null without chunks. */
export function singleTokenShare(requests: readonly RequestTimeline[]): number | null {
  let chunks = 0;
  let single = 0;
  for (const request of requests) {
    chunks += request.chunks.tokens.length;
    for (const tokens of request.chunks.tokens) if (tokens === 1) single += 1;
  }
  return chunks === 0 ? null : single / chunks;
}
