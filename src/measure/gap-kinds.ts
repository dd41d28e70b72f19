import type { TimeSpan } from './time-span.ts';
import type { RequestTimeline } from './timeline.ts';

/** Streams that share a step see nearly the same gap: ends this close (share of the gap) are one. */
const SAME_GAP = 0.1;

/** A gap between tokens. */
export interface TokenGap extends TimeSpan {
  /** From stamp to stamp, s: what a late client may have added included. */
  readonly stamped_s: number;
}

/**
 * Gaps between tokens as the engine made them, by their beginning: those that several streams saw at once are one. A gap ends
 * where the token can have come at the earliest: what a late client adds is no gap of the server's.
 */
export function tokenGaps(requests: readonly RequestTimeline[]): TokenGap[] {
  const all: TokenGap[] = [];
  for (const { chunks } of requests) {
    for (let i = 1; i < chunks.at_s.length; i++) {
      const opened_s = chunks.at_s[i - 1]!;
      const at_s = chunks.at_s[i]!;
      const closed_s = Math.max(opened_s, at_s - chunks.bound_s[i]!);
      all.push({ opened_s, closed_s, stamped_s: at_s - opened_s });
    }
  }
  all.sort((a, b) => a.opened_s - b.opened_s);
  const kept: TokenGap[] = [];
  for (const gap of all) {
    const last = kept.at(-1);
    const slack = SAME_GAP * (gap.closed_s - gap.opened_s);
    const same =
      last !== undefined &&
      gap.opened_s - last.opened_s <= slack &&
      Math.abs(gap.closed_s - last.closed_s) <= slack;
    if (!same) kept.push(gap);
  }
  return kept;
}

/** Length from stamp to stamp of the longest gap that overlaps each span; spans that none overlaps are left out. */
export function longestInEach(spans: readonly TimeSpan[], gaps: readonly TokenGap[]): number[] {
  const lengths: number[] = [];
  for (const span of spans) {
    let longest = 0;
    // Steps follow one another, so at most a few gaps that began before the span reach into it.
    let index = Math.max(0, firstIndex(gaps.length, (k) => gaps[k]!.opened_s >= span.opened_s) - 4);
    for (; index < gaps.length && gaps[index]!.opened_s < span.closed_s; index++) {
      const gap = gaps[index]!;
      if (gap.closed_s > span.opened_s) longest = Math.max(longest, gap.stamped_s);
    }
    if (longest > 0) lengths.push(longest);
  }
  return lengths;
}

/** Spans that overlap or touch, joined; ascending. */
export function union(spans: readonly TimeSpan[]): TimeSpan[] {
  const joined: { opened_s: number; closed_s: number }[] = [];
  for (const span of [...spans].sort((a, b) => a.opened_s - b.opened_s)) {
    const last = joined.at(-1);
    if (last && span.opened_s <= last.closed_s) last.closed_s = Math.max(last.closed_s, span.closed_s);
    else joined.push({ ...span });
  }
  return joined;
}

/** First index below `length` for which a monotonic test holds, else `length`. */
export function firstIndex(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
