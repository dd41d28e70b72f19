import type { Disaggregated } from '../run/schema.ts';
import type { CellEvidence } from './evidence.ts';
import { firstTokenAt } from './latency.ts';
import { isCompleted } from './selection.ts';
import { defined, statisticMs } from './statistic.ts';
import type { RequestTimeline } from './timeline.ts';

/** Time to second token, s: from sending the prompt to the chunk with the second token; null below two tokens. */
export function secondToken(request: RequestTimeline): number | null {
  let tokens = 0;
  for (const [index, count] of request.chunks.tokens.entries()) {
    tokens += count;
    if (tokens >= 2) return request.chunks.at_s[index]! - request.sent_s;
  }
  return null;
}

/** Time of the prefill leg, s: from its sending to its whole answer, the prefill server's queue included. */
export const prefillTime = ({ legs, sent_s }: RequestTimeline): number | null =>
  legs === undefined ? null : legs.prefill_ended_s - sent_s;

/** Time of the decode leg to its first token, s: the decode server's queue, the transfer and one step. */
export function decodeFirst(request: RequestTimeline): number | null {
  const first = firstTokenAt(request);
  return first === null || request.legs === undefined ? null : first - request.legs.decode_sent_s;
}

/**
 * Prompt tokens that a decode server takes from the prefill server: the whole blocks before the last token, which it
 * computes itself; a connector that stores whole blocks of all but one token leaves out one more.
 */
export const transferableTokens = (promptTokens: number, blockSize: number): number =>
  Math.max(0, Math.floor((promptTokens - 2) / blockSize)) * blockSize;

/** What the servers of a pair show of handing KV over, beside the latencies that every cell has. */
export function disaggregatedMetrics(
  { pair, serverWholeCell, timelines }: CellEvidence,
  measured: readonly RequestTimeline[],
): Disaggregated {
  const completed = measured.filter(isCompleted);
  const decode_first_ms = statisticMs(defined(completed, decodeFirst));
  const local_hit_ms = statisticMs(pair!.localHits_s);
  const decodeServer = serverWholeCell?.delta.kv_transfer ?? null;
  const expired = sumOrNull(decodeServer?.expired ?? null, pair!.expiredOnPrefill);
  const { bytes = null, seconds = null } = decodeServer ?? {};
  return {
    prefill_ms: statisticMs(defined(completed, prefillTime)),
    decode_first_ms,
    second_token_ms: statisticMs(defined(completed, secondToken)),
    local_hit_ms,
    kv_transfer_ms:
      decode_first_ms === null || local_hit_ms === null ? null : decode_first_ms.mean - local_hit_ms.mean,
    counters: decodeServer && { ...decodeServer, expired },
    bandwidth_bytes_per_s: bytes === null || seconds === null || seconds === 0 ? null : bytes / seconds,
    expected_tokens: timelines
      .filter((request) => firstTokenAt(request) !== null)
      .reduce((sum, { input_tokens }) => sum + transferableTokens(input_tokens, pair!.blockSize), 0),
  };
}

const sumOrNull = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : a + b;
