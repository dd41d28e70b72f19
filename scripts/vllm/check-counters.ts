import { tokensAfterFirst, tpot, ttft } from '../../src/measure/latency.ts';
import type { Checks } from './checks.ts';
import { type CellData, isClientBound, mean, type ServerCounters, sum, tokensOf } from './record.ts';

/**
 * Tolerances of the client's latencies against the server's own. The client's TTFT begins when the request is handed to
 * the socket, the server's when it has parsed it; the client's ends when the chunk is read, the server's before it is
 * written: so it is longer, by HTTP and JSON on a busy host. Gaps between tokens lose both ends.
 */
const TTFT_LONGER_BY_S = 0.02;
const TTFT_LONGER_BY_SHARE = 0.1;
const TTFT_SHORTER_BY_S = 0.001;
const TPOT_SHARE = 0.03;

/** Compares every request of a cell, probe and fillers included, with what the server counted over that cell. */
export function checkCounters(checks: Checks, cell: CellData): void {
  const { label, timelines, server } = cell;
  checkTokens(checks, cell);
  checks.check(
    `${label}: no prefix hits`,
    server.prefix_cache_hits === 0 && server.preemptions === 0,
    `${server.prefix_cache_hits} of ${server.prefix_cache_queries} prompt tokens, ${server.preemptions} preemptions`,
  );
  checkEstimates(checks, cell);
  if (isClientBound(cell.record)) {
    checks.skip(`${label}: client_bound on this host: its latencies are not compared with the server's`);
    return;
  }
  const answered = timelines.filter((timeline) => timeline.chunks.at_s.length > 0);
  checkTtft(checks, label, mean(answered.map((timeline) => ttft(timeline)!)), server);
  const spans = answered.map((timeline) => (tpot(timeline) ?? 0) * tokensAfterFirst(timeline));
  const gap = sum(spans) / sum(answered.map(tokensAfterFirst));
  checkTpot(checks, label, gap, server);
}

/** What vLLM itself estimates of its FLOPs and bytes is there, and is what the model card says. */
function checkEstimates(checks: Checks, { label, record }: CellData): void {
  const { estimated_flop = null, estimated_read_bytes = null } = record.server ?? {};
  const off = record.reasons.find(({ code }) => code === 'model_card_mismatch');
  checks.check(
    `${label}: FLOPs and bytes by the server against the model card`,
    estimated_flop !== null && estimated_flop > 0 && estimated_read_bytes !== null && off === undefined,
    off?.message ?? `${estimated_flop} FLOP and ${estimated_read_bytes} bytes read in the window`,
  );
}

/** An aborted request may have a token on its way to the client and one more in the engine. */
const TOKENS_AHEAD_PER_ABORT = 2;

/** Exact where nothing was aborted; else the server may be ahead by what had not been delivered. */
function checkTokens(checks: Checks, { label, timelines, server, record }: CellData): void {
  const aborted = timelines.filter((timeline) => timeline.outcome.state === 'aborted').length;
  const client = sum(timelines.map(tokensOf));
  const ahead = server.generation_tokens - client;
  // A late client aborts while a whole backlog is on its way.
  const late = isClientBound(record) && aborted > 0;
  const allowed = late ? Number.POSITIVE_INFINITY : aborted * TOKENS_AHEAD_PER_ABORT;
  checks.check(
    `${label}: output tokens, client against server`,
    ahead >= 0 && ahead <= allowed,
    `${client} and ${server.generation_tokens}, ${aborted} requests aborted${aborted === 0 ? ' (exact)' : `, allowed ${late ? 'any number, client_bound,' : allowed} ahead`}`,
  );
  const prompts = sum(timelines.map((timeline) => timeline.input_tokens));
  const unread = sum(
    timelines
      .filter((timeline) => timeline.chunks.at_s.length === 0)
      .map((timeline) => timeline.input_tokens),
  );
  checks.check(
    `${label}: prompt tokens, client against server`,
    server.prompt_tokens <= prompts && server.prompt_tokens >= prompts - unread,
    `${prompts} and ${server.prompt_tokens}, ${unread} of requests aborted before their first token`,
  );
}

function checkTtft(checks: Checks, label: string, client: number, server: ServerCounters): void {
  const own = server.ttft_s.sum / server.ttft_s.count;
  const longer = client - own;
  checks.check(
    `${label}: mean TTFT, client against server`,
    longer >= -TTFT_SHORTER_BY_S && longer <= TTFT_LONGER_BY_S + TTFT_LONGER_BY_SHARE * own,
    `${ms(client)} and ${ms(own)} ms, allowed -1 ms to +20 ms + 10 %`,
  );
}

function checkTpot(checks: Checks, label: string, client: number, server: ServerCounters): void {
  const own = server.tpot_s.sum / server.tpot_s.count;
  checks.check(
    `${label}: mean time between tokens, client against server`,
    Math.abs(client / own - 1) <= TPOT_SHARE,
    `${ms(client)} and ${ms(own)} ms, allowed 3 %`,
  );
}

const ms = (seconds: number): string => (1000 * seconds).toFixed(2);
