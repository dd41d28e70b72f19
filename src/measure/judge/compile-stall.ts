import { median } from '../../stats/sorted.ts';
import type { TimeSpan } from '../evidence.ts';
import { ttft } from '../latency.ts';
import type { Reason } from '../reasons.ts';
import type { RequestTimeline } from '../timeline.ts';
import { invalid, type Judge, short } from './case.ts';
import { firstIndex, longestInEach, tokenGaps, union } from './gap-kinds.ts';

/** Fewest values for which a median means something. */
const FEWEST_VALUES = 8;
/** A stalled step stalls every stream in it: a few of them see all there is to see, whatever the concurrency. */
const STREAMS_SEEN = 8;

/**
 * While a shape is first seen, a gap far above the median of its kind is taken for a compilation. Kinds: gaps between
 * tokens while no prompt was on its way, gaps beside a prompt, and the wait for the first token. A healthy step with a
 * prompt can be 14 times one without, and only one of a prompt's steps may be long: what is usual beside a prompt is
 * the median, over prompts, of the longest gap beside each.
 */
export const judgeCompileStall: Judge = ({ evidence, measured, completed, thresholds }) => {
  if (!evidence.firstOfShape) return null;
  const limit = thresholds.compile_stall_gap_to_median;
  const prompts = evidence.timelines.map(promptSpan);
  const busy = union(prompts);
  const plain: TimeSpan[] = [];
  const beside: TimeSpan[] = [];
  const seen =
    evidence.open === undefined
      ? measured.filter((request) => request.stream < STREAMS_SEEN)
      : someOf(measured, evidence.concurrency);
  for (const gap of tokenGaps(seen)) {
    const next = busy[firstIndex(busy.length, (k) => busy[k]!.closed_s > gap.opened_s)];
    if (next !== undefined && next.opened_s < gap.closed_s) beside.push(gap);
    else plain.push(gap);
  }
  const plainLengths = plain.map(length);
  const waits = completed.map(ttft).filter((value) => value !== null);
  return (
    stall('between tokens', plainLengths, plainLengths, limit) ??
    stall('between tokens beside a prompt', beside.map(length), longestInEach(prompts, beside), limit) ??
    stall('before the first token', waits, waits, limit)
  );
};

/** Of an open loop, whose requests have no streams, so many that about `STREAMS_SEEN` are in flight at a time. */
function someOf(measured: readonly RequestTimeline[], inFlight: number): readonly RequestTimeline[] {
  const every = Math.max(1, Math.floor(inFlight / STREAMS_SEEN));
  return measured.filter((_, index) => index % every === 0);
}

const length = (span: TimeSpan): number => span.closed_s - span.opened_s;

function stall(
  kind: string,
  gaps: readonly number[],
  usual: readonly number[],
  limit: number,
): Reason | null {
  const typical = median(usual);
  if (typical === null || typical <= 0 || usual.length < FEWEST_VALUES) return null;
  let longest = 0;
  for (const gap of gaps) longest = Math.max(longest, gap);
  const ratio = longest / typical;
  if (ratio <= limit) return null;
  const message = `a gap of ${short(1000 * longest)} ms ${kind}, ${short(ratio)} x the usual: a compilation?`;
  return invalid('compile_stall', message, ratio, limit);
}

/** From the request on the socket to its first token, or to its end without one. */
function promptSpan(request: RequestTimeline): TimeSpan {
  return { opened_s: request.sent_s, closed_s: request.chunks.at_s[0] ?? request.ended_s };
}
