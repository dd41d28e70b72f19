import { median } from '../../stats/sorted.ts';
import type { TokenEvents } from './token-events.ts';

/** A gap that no pair of tokens tells about ends a step when it is this share of the usual gap between steps. */
const CLEAR_GAP_SHARE = 0.5;
/** Without any stream of two tokens: all streams get the tokens of a step within a fraction of a millisecond. */
const CLEAR_GAP_S = 1e-3;

/**
 * Where one engine step ends and the next begins, in the merged events. No stream gets two chunks from one step, so between
 * two successive chunks of a stream lies the end of a step: most likely the largest gap there. Each such pair votes, and
 * where most of the streams that live on agree, a step ends; what tells nothing about itself (the first token of a
 * request alone, a stream after another one) is decided by the usual gap.
 * @returns 1 where an event begins a step, else 0
 */
export function stepEdges(events: TokenEvents): Uint8Array {
  const { count, gap_s } = events;
  const edges = new Uint8Array(count);
  if (count === 0) return edges;
  edges[0] = 1;
  const votes = countVotes(events);
  for (let i = 1; i < count; i++) if (2 * votes.cast[i]! > votes.possible[i]!) edges[i] = 1;
  const usual = median(Array.from(gap_s).filter((gap, i) => i > 0 && edges[i] === 1 && gap > 0));
  const clear = usual === null ? CLEAR_GAP_S : CLEAR_GAP_SHARE * usual;
  splitUnmarkedPairs(events, votes, edges, clear);
  splitLoneFirsts(events, votes, edges, clear);
  splitRepeats(events, votes, edges);
  joinHalves(votes.before, edges);
  return edges;
}

interface Votes {
  /** Pairs whose largest gap this is. */
  readonly cast: Int32Array;
  /** Pairs that this gap lies in. */
  readonly possible: Int32Array;
  /** The event before of the same request, or -1; and the place that the pair voted for. */
  readonly before: Int32Array;
  readonly choice: Int32Array;
}

function countVotes({ count, requests, request, gap_s }: TokenEvents): Votes {
  const cast = new Int32Array(count);
  const possible = new Int32Array(count + 1);
  const before = new Int32Array(count).fill(-1);
  const choice = new Int32Array(count).fill(-1);
  const last = new Int32Array(requests).fill(-1);
  // Places whose gap is larger than all later ones; the largest gap after `from` is the first of them there.
  const peaks: number[] = [];
  for (let i = 0; i < count; i++) {
    while (peaks.length > 0 && gap_s[peaks.at(-1)!]! < gap_s[i]!) peaks.pop();
    peaks.push(i);
    const from = last[request[i]!]!;
    last[request[i]!] = i;
    if (from < 0) continue;
    const place = firstAbove(peaks, from);
    before[i] = from;
    choice[i] = place;
    cast[place]! += 1;
    possible[from + 1]! += 1;
    possible[i + 1]! -= 1;
  }
  for (let i = 1; i < count; i++) possible[i]! += possible[i - 1]!;
  return { cast, possible, before, choice };
}

/** The first value above a bound, in an ascending list that has one. */
function firstAbove(ascending: readonly number[], bound: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! > bound) high = middle;
    else low = middle + 1;
  }
  return ascending[low]!;
}

/** A stream that went on while others paused is outvoted; a clear gap of its own still ends a step. */
function splitUnmarkedPairs(
  { count, gap_s }: TokenEvents,
  votes: Votes,
  edges: Uint8Array,
  clear: number,
): void {
  const lastEdge = new Int32Array(count);
  for (let i = 1; i < count; i++) lastEdge[i] = edges[i] === 1 ? i : lastEdge[i - 1]!;
  for (let i = 1; i < count; i++) {
    const { [i]: from } = votes.before;
    if (from === undefined || from < 0 || lastEdge[i]! > from) continue;
    const place = votes.choice[i]!;
    if (gap_s[place]! > clear) edges[place] = 1;
  }
}

/** First tokens that stand apart came from a step without the others, as engines make that do not mix prompts with decodes. */
function splitLoneFirsts(events: TokenEvents, { possible }: Votes, edges: Uint8Array, clear: number): void {
  const { count, chunk, gap_s } = events;
  /** Whether only first tokens lie between here and the next edge. */
  const firstsUntilEdge = new Uint8Array(count);
  for (let i = count - 1; i >= 0; i--) {
    const goesOn = i + 1 < count && edges[i + 1] === 0;
    firstsUntilEdge[i] = chunk[i] === 0 && (!goesOn || firstsUntilEdge[i + 1] === 1) ? 1 : 0;
  }
  let firstsSinceEdge = true;
  for (let i = 0; i < count; i++) {
    const lone = firstsSinceEdge || firstsUntilEdge[i] === 1 || possible[i] === 0;
    if (edges[i] === 0 && lone && gap_s[i]! > clear) edges[i] = 1;
    firstsSinceEdge = (edges[i] === 1 || firstsSinceEdge) && chunk[i] === 0;
  }
}

/** Where most streams have a second token, a step must have ended, however blurred: at the place with most votes. */
function splitRepeats({ count, gap_s }: TokenEvents, { cast, before }: Votes, edges: Uint8Array): void {
  let repeats = 0;
  let start = 0;
  for (let i = 0; i < count; i++) {
    if (edges[i] === 1) {
      repeats = 0;
      start = i;
    }
    if (before[i]! >= start) repeats += 1;
    const streams = i - start + 1 - repeats;
    if (2 * repeats <= streams) continue;
    let best = start + 1;
    for (let place = best + 1; place <= i; place++) {
      const more = cast[place]! - cast[best]!;
      if (more > 0 || (more === 0 && gap_s[place]! > gap_s[best]!)) best = place;
    }
    edges[best] = 1;
    i = best - 1;
  }
}

/**
 * Two clusters in a row that share no stream, the first with a decode and the second with a stream that was there before,
 * are one step of which a part came late: a step that decodes gives every running stream a token.
 */
function joinHalves(before: Int32Array, edges: Uint8Array): void {
  const count = edges.length;
  const endOf = (start: number): number => {
    let end = start + 1;
    while (end < count && edges[end] === 0) end += 1;
    return end;
  };
  for (let first = 0, second = endOf(0); second < count; ) {
    const end = endOf(second);
    let [decodes, shared, wasThere] = [false, false, false];
    for (let i = first; i < second; i++) decodes ||= before[i]! >= 0;
    for (let i = second; i < end; i++) {
      shared ||= before[i]! >= first;
      wasThere ||= before[i]! >= 0;
    }
    if (decodes && wasThere && !shared) edges[second] = 0;
    else first = second;
    second = end;
  }
}
