import type { RequestTimeline } from '../timeline.ts';

/**
 * Token-bearing chunks of all requests of a cell in the order in which the engine made them, as columns. Events of one
 * request stand in their own order.
 */
export interface TokenEvents {
  readonly count: number;
  /** Index into the timelines. */
  readonly request: Int32Array;
  /** Which chunk of its request, from 0. */
  readonly chunk: Int32Array;
  /** When the data arrived as well as the stamps tell, s, ascending; `bound_s` earlier at most. */
  readonly at_s: Float64Array;
  readonly bound_s: Float64Array;
  /** Time since the event before, s; the first is infinite. */
  readonly gap_s: Float64Array;
}

/** Stamps are stored in whole microseconds: reads of one poll share their earliest arrival up to this. */
const SAME_POLL_S = 2.5e-6;
/** Stands for the time between two tokens of one stream that were read at once. */
const SMALLEST_GAP_S = 1e-9;

/**
 * Merges the chunks of all requests. Reads of one poll of the client's event loop follow one another although their data
 * was there at once: they all get the time of the first, and when the poll brought several tokens of the streams, the
 * first ones of all come before the second ones.
 */
export function tokenEvents(timelines: readonly RequestTimeline[]): TokenEvents {
  const merged = mergeByStamp(timelines);
  const count = merged.order.length;
  const events = {
    count,
    request: new Int32Array(count),
    chunk: new Int32Array(count),
    at_s: new Float64Array(count),
    bound_s: new Float64Array(count),
    gap_s: new Float64Array(count),
  };
  for (let from = 0; from < count; ) {
    const to = endOfPoll(merged, from);
    placePoll(merged, events, from, to);
    from = to;
  }
  return events;
}

interface Merged {
  /** Positions in the columns below, by stamp. */
  readonly order: Int32Array;
  readonly request: Int32Array;
  readonly chunk: Int32Array;
  readonly at_s: Float64Array;
  readonly earliest_s: Float64Array;
}

function mergeByStamp(timelines: readonly RequestTimeline[]): Merged {
  const count = timelines.reduce((sum, { chunks }) => sum + chunks.at_s.length, 0);
  const request = new Int32Array(count);
  const chunk = new Int32Array(count);
  const at_s = new Float64Array(count);
  const earliest_s = new Float64Array(count);
  let next = 0;
  for (const [index, { chunks }] of timelines.entries()) {
    for (let i = 0; i < chunks.at_s.length; i++) {
      request[next] = index;
      chunk[next] = i;
      at_s[next] = chunks.at_s[i]!;
      earliest_s[next] = chunks.at_s[i]! - chunks.bound_s[i]!;
      next += 1;
    }
  }
  const order = Int32Array.from({ length: count }, (_, index) => index);
  // Positions grow along each request, so equal stamps keep its order.
  order.sort((a, b) => at_s[a]! - at_s[b]! || a - b);
  return { order, request, chunk, at_s, earliest_s };
}

function endOfPoll({ order, earliest_s, at_s }: Merged, from: number): number {
  const first = order[from]!;
  const earliest = earliest_s[first]!;
  let to = from + 1;
  while (to < order.length && Math.abs(earliest_s[order[to]!]! - earliest) <= SAME_POLL_S) {
    // Exact stamps (no bound) are of one poll only when they are equal.
    if (earliest === at_s[first] && at_s[order[to]!] !== at_s[first]) break;
    to += 1;
  }
  return to;
}

function placePoll(merged: Merged, events: TokenEvents, from: number, to: number): void {
  const { order, request, chunk, at_s, earliest_s } = merged;
  const rank = rankInPoll(merged, from, to);
  const members = Array.from({ length: to - from }, (_, i) => i);
  if (rank !== null) members.sort((a, b) => rank[a]! - rank[b]! || a - b);
  const arrived = at_s[order[from]!]!;
  for (const [place, member] of members.entries()) {
    const source = order[from + member]!;
    const target = from + place;
    events.request[target] = request[source]!;
    events.chunk[target] = chunk[source]!;
    events.at_s[target] = arrived;
    events.bound_s[target] = Math.max(0, arrived - earliest_s[source]!);
    if (place === 0) events.gap_s[target] = from === 0 ? Infinity : arrived - events.at_s[from - 1]!;
    else
      events.gap_s[target] = rank !== null && rank[member] !== rank[members[place - 1]!] ? SMALLEST_GAP_S : 0;
  }
}

/** How many tokens of the same request the poll brought before each; null when it brought one a request. */
function rankInPoll({ order, request }: Merged, from: number, to: number): number[] | null {
  const seen = new Map<number, number>();
  const rank: number[] = [];
  for (let i = from; i < to; i++) {
    const of = request[order[i]!]!;
    const before = seen.get(of) ?? 0;
    rank.push(before);
    seen.set(of, before + 1);
  }
  return seen.size === rank.length ? null : rank;
}
