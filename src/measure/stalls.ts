import { median } from '../stats/sorted.ts';
import { firstIndex, longestInEach, type TokenGap, tokenGaps, union } from './gap-kinds.ts';
import { ttft } from './latency.ts';
import type { TimeSpan } from './time-span.ts';
import type { RequestTimeline } from './timeline.ts';

/** Fewest values for which a median means something. */
const FEWEST_VALUES = 8;
/** A stalled step stalls every stream in it: a few of them see all there is to see, whatever the concurrency. */
const STREAMS_SEEN = 8;

/** A gap far above what is usual of its kind. */
export interface Stall {
  readonly where: 'between tokens' | 'between tokens beside a prompt' | 'before the first token';
  readonly gap_s: number;
  /** The gap over the median of its kind. */
  readonly times_usual: number;
}

/**
 * Looks for a gap above `limit` times the median of its kind. Kinds: gaps between tokens while no prompt was on its way, gaps
 * beside a prompt, and the wait for the first token. A healthy step with a prompt can be 14 times one without, and only one of
 * a prompt's steps may be long: what is usual beside a prompt is the median, over prompts, of the longest gap beside each. What a
 * stamp's own bound explains is the client's lateness, no stall; it stays in what is usual, or any gap would be far above that
 * of a client that is late all the time.
 * @param timelines of the whole cell: their prompts are what gaps are beside
 * @param measured those whose gaps and waits count
 * @param inFlight of an open loop, whose requests have no streams; null: a closed one
 */
export function findStall(
  timelines: readonly RequestTimeline[],
  measured: readonly RequestTimeline[],
  inFlight: number | null,
  limit: number,
): Stall | null {
  const prompts = timelines.map(promptSpan);
  const busy = union(prompts);
  const plain: TokenGap[] = [];
  const beside: TokenGap[] = [];
  for (const gap of tokenGaps(someOf(measured, inFlight))) {
    const next = busy[firstIndex(busy.length, (k) => busy[k]!.closed_s > gap.opened_s)];
    if (next !== undefined && next.opened_s < gap.closed_s) beside.push(gap);
    else plain.push(gap);
  }
  const waits = measured
    .filter(({ outcome }) => outcome.state === 'completed')
    .map((request) => ({ stamped_s: ttft(request), least_s: leastWait(request) }));
  const known = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);
  const usualWaits = known(waits.map(({ stamped_s }) => stamped_s));
  return (
    stall('between tokens', plain.map(length), plain.map(stamped), limit) ??
    stall('between tokens beside a prompt', beside.map(length), longestInEach(prompts, beside), limit) ??
    stall('before the first token', known(waits.map(({ least_s }) => least_s)), usualWaits, limit)
  );
}

/** Time to the first token, s, less what the client may have been late. */
function leastWait(request: RequestTimeline): number | null {
  const wait = ttft(request);
  return wait === null ? null : Math.max(0, wait - (request.chunks.bound_s[0] ?? 0));
}

/** The first streams; of an open loop, so many requests that about as many are in flight at a time. */
function someOf(measured: readonly RequestTimeline[], inFlight: number | null): readonly RequestTimeline[] {
  if (inFlight === null) return measured.filter((request) => request.stream < STREAMS_SEEN);
  const every = Math.max(1, Math.floor(inFlight / STREAMS_SEEN));
  return measured.filter((_, index) => index % every === 0);
}

const length = (span: TimeSpan): number => span.closed_s - span.opened_s;
const stamped = ({ stamped_s }: TokenGap): number => stamped_s;

function stall(
  where: Stall['where'],
  gaps: readonly number[],
  usual: readonly number[],
  limit: number,
): Stall | null {
  const typical = median(usual);
  if (typical === null || typical <= 0 || usual.length < FEWEST_VALUES) return null;
  let gap_s = 0;
  for (const gap of gaps) gap_s = Math.max(gap_s, gap);
  const times_usual = gap_s / typical;
  return times_usual > limit ? { where, gap_s, times_usual } : null;
}

/** From the request on the socket to its first token, or to its end without one. */
function promptSpan(request: RequestTimeline): TimeSpan {
  return { opened_s: request.sent_s, closed_s: request.chunks.at_s[0] ?? request.ended_s };
}
