import { median } from '../../stats/sorted.ts';
import type { RequestTimeline } from '../timeline.ts';

/**
 * Token-bearing chunks of all requests of a cell in the order in which the engine made them, as columns. Events of one
 * request stand in their own order.
 */
export interface TokenEvents {
  readonly count: number;
  /** How many timelines there are. */
  readonly requests: number;
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
/** Polls that brought several tokens of a stream each are one late delivery when they are this close, as a share of a step. */
const SAME_DELIVERY_SHARE = 0.1;
/** A delivery is over after this share of a step. */
const LONGEST_DELIVERY_SHARE = 0.5;
/** Stands for the time between two tokens of one stream that were delivered at once. */
const SMALLEST_GAP_S = 1e-9;

/**
 * Merges the chunks of all requests. Reads of one poll of the client's event loop follow one another although their data
 * was there at once: they all get the time of the first. When a poll brought several tokens of a stream (client or server
 * had been held up), it is taken together with the polls next to it, and the first tokens of all streams come before the
 * second ones.
 */
export function tokenEvents(timelines: readonly RequestTimeline[]): TokenEvents {
  const merged = mergeByStamp(timelines);
  const count = merged.order.length;
  const events = {
    count,
    requests: timelines.length,
    request: new Int32Array(count),
    chunk: new Int32Array(count),
    at_s: new Float64Array(count),
    bound_s: new Float64Array(count),
    gap_s: new Float64Array(count),
  };
  for (const delivery of deliveries(merged, timelines.length, usualStep(timelines, count)))
    place(merged, events, delivery);
  return events;
}

/** Gaps that tell well enough how long a step is. */
const GAPS_ENOUGH = 200_000;

/** Median time between two chunks of a stream, s: most often one step. */
function usualStep(timelines: readonly RequestTimeline[], count: number): number {
  const stride = Math.max(1, Math.ceil(count / GAPS_ENOUGH));
  const gaps: number[] = [];
  for (let index = 0; index < timelines.length; index += stride) {
    const { at_s } = timelines[index]!.chunks;
    for (let i = 1; i < at_s.length; i++) {
      const gap = at_s[i]! - at_s[i - 1]!;
      if (gap > 0) gaps.push(gap);
    }
  }
  return median(gaps) ?? 0;
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

/** Data that arrived together: places in `order`, and when all of it was there. */
interface Delivery {
  readonly from: number;
  readonly to: number;
  readonly arrived_s: number;
  readonly repeats: boolean;
}

function deliveries(merged: Merged, requests: number, step: number): Delivery[] {
  const found: Delivery[] = [];
  let began = 0;
  for (const poll of polls(merged, requests)) {
    const last = found.at(-1);
    const together =
      last !== undefined &&
      (last.repeats || poll.repeats) &&
      poll.arrived_s - last.arrived_s <= SAME_DELIVERY_SHARE * step &&
      poll.arrived_s - began <= LONGEST_DELIVERY_SHARE * step;
    if (together) found[found.length - 1] = { ...poll, from: last.from, repeats: true };
    else {
      found.push(poll);
      began = poll.arrived_s;
    }
  }
  return found;
}

function* polls({ order, request, earliest_s, at_s }: Merged, requests: number): Generator<Delivery> {
  const lastPoll = new Int32Array(requests).fill(-1);
  for (let from = 0; from < order.length; ) {
    const first = order[from]!;
    const earliest = earliest_s[first]!;
    const arrived_s = at_s[first]!;
    let repeats = false;
    let to = from;
    for (; to < order.length; to++) {
      const next = order[to]!;
      if (Math.abs(earliest_s[next]! - earliest) > SAME_POLL_S) break;
      // Exact stamps (no bound) are of one poll only when they are equal.
      if (earliest === arrived_s && at_s[next] !== arrived_s) break;
      repeats ||= lastPoll[request[next]!] === from;
      lastPoll[request[next]!] = from;
    }
    yield { from, to, arrived_s, repeats };
    from = to;
  }
}

function place(merged: Merged, events: TokenEvents, { from, to, arrived_s, repeats }: Delivery): void {
  const { order, request, chunk, earliest_s } = merged;
  const rank = repeats ? ranks(merged, from, to) : null;
  const members = rank?.map((_, member) => member).sort((a, b) => rank[a]! - rank[b]! || a - b);
  for (let target = from; target < to; target++) {
    const member = members?.[target - from] ?? target - from;
    const source = order[from + member]!;
    events.request[target] = request[source]!;
    events.chunk[target] = chunk[source]!;
    events.at_s[target] = arrived_s;
    events.bound_s[target] = Math.max(0, arrived_s - earliest_s[source]!);
    const next = rank !== null && target > from && rank[member] !== rank[members![target - from - 1]!];
    events.gap_s[target] = next ? SMALLEST_GAP_S : 0;
  }
  events.gap_s[from] = from === 0 ? Number.POSITIVE_INFINITY : arrived_s - events.at_s[from - 1]!;
}

/** How many tokens of the same request a delivery brought before each. */
function ranks({ order, request }: Merged, from: number, to: number): number[] {
  const seen = new Map<number, number>();
  const rank: number[] = [];
  for (let i = from; i < to; i++) {
    const of = request[order[i]!]!;
    const before = seen.get(of) ?? 0;
    rank.push(before);
    seen.set(of, before + 1);
  }
  return rank;
}
