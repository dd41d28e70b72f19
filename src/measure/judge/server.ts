import { counted } from '../../plural.ts';
import type { ServerEvidence } from '../evidence.ts';
import type { Reason } from '../reasons.ts';
import { isCompleted } from '../selection.ts';
import type { RequestTimeline } from '../timeline.ts';
import { tokensArrived } from '../window-totals.ts';
import { asPercent, type Case, declaredSaturated, invalid, type Judge, reason, short } from './case.ts';

/** Tokens that one engine step brings to all streams together. */
function stepTokens({ evidence, completed }: Case): number {
  let tokens = 0;
  let chunks = 0;
  for (const request of completed) {
    chunks += request.chunks.tokens.length;
    for (const count of request.chunks.tokens) tokens += count;
  }
  return evidence.concurrency * Math.max(1, chunks === 0 ? 1 : tokens / chunks);
}

/** Three independent looks at the same count: a stream against its own usage, the window and the cell against the counter. */
export const judgeTokenCount: Judge = (cell) =>
  ownUsageMismatch(cell.evidence.timelines) ?? windowMismatch(cell) ?? cellMismatch(cell);

function ownUsageMismatch(timelines: readonly RequestTimeline[]): Reason | null {
  const off = timelines.filter((request) => {
    if (!isCompleted(request) || request.usage === null) return false;
    return sum(request.chunks.tokens) !== request.usage.completion_tokens;
  });
  const first = off[0];
  if (first === undefined) return null;
  const example = `${sum(first.chunks.tokens)} tokens in chunks, ${first.usage!.completion_tokens} by usage`;
  return invalid(
    'token_count_mismatch',
    `the tokens of ${counted(off.length, 'stream')} differ from the usage: ${example}`,
    off.length,
    0,
  );
}

function windowMismatch(cell: Case): Reason | null {
  const { server } = cell.evidence;
  const served = server?.delta.generation_tokens ?? null;
  if (server === null || served === null) return null;
  const seen = tokensBetween(cell, server);
  const limit = Math.max(
    cell.thresholds.token_count_mismatch_share * served,
    cell.thresholds.token_count_mismatch_steps * stepTokens(cell),
  );
  const [least, most] = rangeBetween(cell, server);
  const off = Math.max(served - most, least - served);
  if (off <= limit) return null;
  const figures = `${seen} tokens arrived in the window, the server counted ${served}`;
  return invalid('token_count_mismatch', figures, off, limit);
}

function cellMismatch(cell: Case): Reason | null {
  const { serverWholeCell: server, timelines } = cell.evidence;
  const served = server?.delta.generation_tokens ?? null;
  if (server === null || served === null) return null;
  const seen = tokensBetween(cell, server);
  const unfinished = timelines.filter((request) => !isCompleted(request)).length;
  // An aborted request misses its last step, which may bring all that was proposed for it, more than steps do in the mean.
  const limit = unfinished * Math.max(stepTokens(cell), largestChunk(timelines));
  const off = Math.abs(seen - served);
  if (off <= limit) return null;
  const figures = `${seen} tokens arrived in the whole cell, the server counted ${served}`;
  return invalid('token_count_mismatch', figures, off, limit);
}

const largestChunk = (timelines: readonly RequestTimeline[]): number =>
  timelines.reduce(
    (most, { chunks }) => chunks.tokens.reduce((one, tokens) => Math.max(one, tokens), most),
    0,
  );

const tokensBetween = (cell: Case, { from_s, to_s }: Pick<ServerEvidence, 'from_s' | 'to_s'>): number =>
  tokensArrived(cell.evidence.timelines, { opened_s: from_s, closed_s: to_s });

/** The fewest and the most tokens that may have arrived between two scrapes, by when each may have read the counter. */
function rangeBetween(
  cell: Case,
  { from_s, to_s, from_bound_s, to_bound_s }: ServerEvidence,
): [least: number, most: number] {
  return [
    tokensBetween(cell, { from_s: from_s + from_bound_s, to_s: to_s - to_bound_s }),
    tokensBetween(cell, { from_s: from_s - from_bound_s, to_s: to_s + to_bound_s }),
  ];
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Of a cell with cached prompts: the prefix was found as often as it was sent. Blocks that are not full are computed. */
const judgeCachedPrompts: Judge = ({ evidence, completed, thresholds }) => {
  const { tokens, block_size } = evidence.cached!;
  const { prefix_cache_hits: hits = null, prefix_cache_queries: queries = null } =
    evidence.server?.delta ?? {};
  const prompts = completed.map(({ usage }) => usage?.cached_tokens ?? null);
  const seen =
    hits !== null && queries !== null && queries > 0
      ? hits / queries
      : prompts.includes(null)
        ? null
        : sum(prompts.map((cached) => cached!)) / sum(completed.map((one) => one.input_tokens));
  const limit = thresholds.prefix_cache_hit_invalid_share;
  if (seen === null) {
    const message = 'the server does not say how much of the prompts was in the prefix cache';
    return reason('prefix_cache_hit', 'flagged', 'exclude', message, null, limit);
  }
  const wanted =
    sum(completed.map((one) => blocksOf(Math.min(tokens, one.input_tokens - 1), block_size))) /
    sum(completed.map((one) => one.input_tokens));
  if (Math.abs(seen - wanted) < limit) return null;
  const message = `${asPercent(seen)} of the prompt tokens were in the prefix cache, ${asPercent(wanted)} wanted`;
  return invalid('prefix_cache_hit', message, seen, wanted);
};

const blocksOf = (tokens: number, size: number): number => size * Math.floor(tokens / size);

export const judgePrefixCache: Judge = (cell) => {
  const { evidence, thresholds } = cell;
  if (evidence.cached !== undefined) return judgeCachedPrompts(cell);
  const { prefix_cache_hits: hits = null, prefix_cache_queries: queries = null } =
    evidence.server?.delta ?? {};
  if (hits === null || queries === null || queries === 0 || hits === 0) return null;
  const share = hits / queries;
  const effect = share >= thresholds.prefix_cache_hit_invalid_share ? 'invalid' : 'flagged';
  const message = `${asPercent(share)} of the prompt tokens were in the prefix cache`;
  return reason(
    'prefix_cache_hit',
    effect,
    'exclude',
    message,
    share,
    thresholds.prefix_cache_hit_invalid_share,
  );
};

export const judgePreemption: Judge = ({ evidence }) => {
  const preemptions = evidence.server?.delta.preemptions ?? 0;
  if (preemptions === 0) return null;
  const message = `${counted(preemptions, 'preemption')} in the window`;
  return declaredSaturated(evidence)
    ? reason('preempted', 'flagged', 'use', message, preemptions, 0)
    : invalid('preempted', message, preemptions, 0);
};

export const judgeKvUse: Judge = ({ evidence, thresholds }) => {
  const usage = evidence.server?.delta.max_kv_usage ?? null;
  const full = usage !== null && usage >= thresholds.kv_saturated_usage;
  if (!full && !declaredSaturated(evidence)) return null;
  const message = full
    ? `KV cache use reached ${asPercent(usage)}`
    : `the load was declared to fill ${short(evidence.kvFill!)} of the KV cache`;
  return reason('kv_saturated', 'flagged', 'use', message, usage, thresholds.kv_saturated_usage);
};

export const judgeQueue: Judge = ({ evidence, thresholds }) => {
  const delta = evidence.server?.delta;
  const waiting = delta?.mean_waiting ?? 0;
  if (delta === undefined || waiting === 0) return null;
  const seats = evidence.maxNumSeqs;
  const seatsTaken =
    seats !== null &&
    delta.mean_running !== null &&
    delta.mean_running >= thresholds.server_queue_running_share * seats;
  const kvTaken = delta.max_kv_usage !== null && delta.max_kv_usage >= thresholds.kv_saturated_usage;
  if (!seatsTaken && !kvTaken) return null;
  const cause = seatsTaken ? `all ${seats} seats were taken` : 'the KV cache was full';
  return reason(
    'server_queue',
    'flagged',
    'use',
    `${short(waiting)} requests waited on average: ${cause}`,
    waiting,
    0,
  );
};

/** A cell that is to speculate says how, by the server's counters. */
export const judgeSpeculation: Judge = ({ evidence }) => {
  if (evidence.kind !== 'speculative') return null;
  const proposed = evidence.server?.delta.spec_draft_tokens ?? null;
  if (proposed !== null && proposed > 0) return null;
  const message =
    proposed === null
      ? 'the server counts no proposed tokens'
      : 'the server proposed no tokens in the window';
  return invalid('speculation_missing', message, proposed, 1);
};
