import { describe, expect, test } from 'vitest';
import { secondToken, transferableTokens } from '../../src/measure/disaggregated-metrics.ts';
import { measureCell } from '../../src/measure/measure-cell.ts';
import { quantise } from '../../src/measure/timeline-codec.ts';
import type { KvTransferDelta } from '../../src/run/schema.ts';
import { evidence, loop, request, server } from './cells.ts';

/** Legs of 30 ms and, to the first token, 70 ms; a local hit takes 50 ms. */
const timelines = loop({
  each: (_, sent) => ({ legs: { prefill_ended_s: sent + 0.03, decode_sent_s: sent + 0.03 } }),
});
/** Of prompts of 50 tokens, whole blocks of 16 before the last token but one. */
const EXPECTED = 48 * timelines.length;

const sound: KvTransferDelta = {
  transfers: 60,
  seconds: 0.6,
  bytes: 12e9,
  failed: 0,
  expired: 0,
  external_tokens: EXPECTED,
};

const cell = (counters: Partial<KvTransferDelta> | null, expiredOnPrefill: number | null = 0) =>
  measureCell(
    evidence({
      kind: 'disaggregated',
      timelines,
      pair: { localHits_s: [0.05, 0.05, 0.05], expiredOnPrefill, blockSize: 16 },
      serverWholeCell: server(
        { kv_transfer: counters && { ...sound, ...counters }, generation_tokens: null },
        -3,
        16,
      ),
    }),
  );
const codes = (counters: Partial<KvTransferDelta> | null, expiredOnPrefill?: number | null) =>
  cell(counters, expiredOnPrefill).reasons.map(({ code }) => code);

test('what a pair shows: both legs, the second token, and KV transfer as what a local hit does not take', () => {
  const { metrics, verdict } = cell({});
  expect(verdict).toBe('valid');
  const pair = metrics!.disaggregated!;
  expect(pair.prefill_ms!.mean).toBeCloseTo(30, 6);
  expect(pair.decode_first_ms!.mean).toBeCloseTo(70, 6);
  expect(pair.second_token_ms!.mean).toBeCloseTo(110, 6);
  expect(pair.local_hit_ms!.mean).toBeCloseTo(50, 6);
  expect(pair.kv_transfer_ms).toBeCloseTo(20, 6);
  expect(pair.bandwidth_bytes_per_s).toBe(20e9);
  expect(pair.expected_tokens).toBe(EXPECTED);
  expect(metrics!.ttft_ms!.mean).toBeCloseTo(100, 6);
});

test('a cell of another kind has none of it', () => {
  expect(measureCell(evidence()).metrics!.disaggregated).toBeNull();
});

describe('kv_transfer_missing', () => {
  test('tokens that the decode server computed itself', () => {
    expect(codes({ external_tokens: 0 })).toEqual(['kv_transfer_missing']);
    expect(codes({ external_tokens: 0.85 * EXPECTED })).toEqual(['kv_transfer_missing']);
    expect(codes({ external_tokens: 0.95 * EXPECTED })).toEqual([]);
  });

  test('where tokens are not counted by source, no transfer at all', () => {
    expect(codes({ external_tokens: null, transfers: 0, bytes: 0, seconds: 0 })).toEqual([
      'kv_transfer_missing',
    ]);
    expect(codes({ external_tokens: null })).toEqual([]);
  });

  test('servers that show nothing are not judged', () => {
    expect(codes(null)).toEqual([]);
    expect(cell(null, null).metrics!.disaggregated!.counters).toBeNull();
  });
});

test('kv_bandwidth_implausible: below 1 GB/s', () => {
  expect(codes({ bytes: 0.59e9 })).toEqual(['kv_bandwidth_implausible']);
  expect(codes({ bytes: 0.61e9 })).toEqual([]);
  expect(codes({ bytes: 0, seconds: 0 })).toEqual([]);
});

test('kv_transfer_failed: on either server', () => {
  expect(codes({ failed: 1 })).toEqual(['kv_transfer_failed']);
  expect(codes({ expired: 1 })).toEqual(['kv_transfer_failed']);
  expect(codes({}, 2)).toEqual(['kv_transfer_failed']);
  expect(cell({}, 2).metrics!.disaggregated!.counters!.expired).toBe(2);
});

test('whole blocks before the last token but one are what comes by transfer', () => {
  expect([1, 17, 18, 33, 34, 50].map((tokens) => transferableTokens(tokens, 16))).toEqual([
    0, 0, 16, 16, 32, 48,
  ]);
});

test('the second token may come in the first chunk, in a later one, or not at all', () => {
  const chunks = (tokens: readonly number[]) => ({
    chunks: { at_s: tokens.map((_, index) => index + 1), tokens, bound_s: tokens.map(() => 0) },
  });
  expect(secondToken(request(chunks([2, 1])))).toBe(1);
  expect(secondToken(request(chunks([1, 1])))).toBe(2);
  expect(secondToken(request(chunks([1])))).toBeNull();
});

test('legs are stored with the timeline', () => {
  const { legs } = quantise(timelines[3]!);
  expect(legs!.prefill_ended_s).toBeCloseTo(timelines[3]!.legs!.prefill_ended_s, 6);
  expect(quantise(request()).legs).toBeUndefined();
});
