import { median } from '../../stats/sorted.ts';
import type { TimeSpan } from '../evidence.ts';
import { ttft } from '../latency.ts';
import { THRESHOLDS } from '../thresholds.ts';
import type { RequestTimeline } from '../timeline.ts';
import { type Case, invalid, type Judge, short } from './case.ts';

/** Fewest gaps of a kind for which a median means something. */
const FEWEST_GAPS = 8;

/**
 * While a shape is first seen, a gap far above the median of its kind is taken for a compilation. Kinds: steps without a
 * prompt, steps with one, and the wait for the first token. A healthy step with a prompt can be 14 times one without.
 */
export const judgeCompileStall: Judge = (cell) => {
  if (!cell.evidence.firstOfShape) return null;
  const { plain, mixed } = gapsByKind(cell);
  return (
    stall('between tokens', plain.all, plain.typical) ??
    stall('between tokens beside a prompt', mixed.all, mixed.typical) ??
    stall('before the first token', ...samples(cell.completed.map(ttft).filter((value) => value !== null)))
  );
};

function stall(kind: string, gaps: readonly number[], typical: readonly number[]) {
  const usual = median(typical.length >= FEWEST_GAPS ? typical : gaps);
  if (usual === null || usual <= 0 || gaps.length < FEWEST_GAPS) return null;
  let longest = 0;
  for (const gap of gaps) longest = Math.max(longest, gap);
  const ratio = longest / usual;
  const limit = THRESHOLDS.compile_gap_to_median;
  if (ratio <= limit) return null;
  const message = `a gap of ${short(1000 * longest)} ms ${kind}, ${short(ratio)} x the median: a compilation?`;
  return invalid('compile_stall', message, ratio, limit);
}

const samples = (values: readonly number[]) => [values, values] as const;

interface Kind {
  readonly all: number[];
  /** Those that the median is taken of. */
  readonly typical: number[];
}

/**
 * A gap is plain when no prompt was on its way in any part of it. Of the others, those in which a prompt ended are
 * typical: they held its (last) prefill step for certain.
 */
function gapsByKind({ evidence, measured }: Case): { plain: Kind; mixed: Kind } {
  const prompts = promptSpans(evidence.timelines);
  const busy = union(prompts);
  const ends = prompts.map((prompt) => prompt.closed_s).sort((a, b) => a - b);
  const plain: Kind = { all: [], typical: [] };
  const mixed: Kind = { all: [], typical: [] };
  for (const { chunks } of measured) {
    for (let i = 1; i < chunks.at_s.length; i++) {
      const from = chunks.at_s[i - 1]!;
      const to = chunks.at_s[i]!;
      const overlapping = busy[firstIndex(busy.length, (k) => busy[k]!.closed_s > from)];
      const kind = overlapping !== undefined && overlapping.opened_s < to ? mixed : plain;
      kind.all.push(to - from);
      if (kind === plain || endsWithin(ends, (from + to) / 2, to + (to - from) / 2))
        kind.typical.push(to - from);
    }
  }
  return { plain, mixed };
}

const endsWithin = (ends: readonly number[], from: number, to: number): boolean =>
  (ends[firstIndex(ends.length, (k) => ends[k]! >= from)] ?? Number.POSITIVE_INFINITY) <= to;

/** From the request on the socket to its first token, or to its end without one. */
function promptSpans(timelines: readonly RequestTimeline[]): TimeSpan[] {
  return timelines.map((request) => ({
    opened_s: request.sent_s,
    closed_s: request.chunks.at_s[0] ?? request.ended_s,
  }));
}

/** Spans that overlap or touch, joined; ascending. */
function union(spans: readonly TimeSpan[]): TimeSpan[] {
  const joined: { opened_s: number; closed_s: number }[] = [];
  for (const span of [...spans].sort((a, b) => a.opened_s - b.opened_s)) {
    const last = joined.at(-1);
    if (last && span.opened_s <= last.closed_s) last.closed_s = Math.max(last.closed_s, span.closed_s);
    else joined.push({ ...span });
  }
  return joined;
}

/** First index below `length` for which a monotonic test holds, else `length`. */
function firstIndex(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
