import { expect, test } from 'vitest';
import { snapshotDelta } from '../../src/endpoint/metrics.ts';
import { readSnapshot } from '../../src/endpoint/metrics-snapshot.ts';

const page = (transfers: number, external: number, failed = 0, expired = 0): string => `
vllm:prompt_tokens_by_source_total{engine="0",model_name="m",source="local_compute"} 900.0
vllm:prompt_tokens_by_source_total{engine="0",model_name="m",source="external_kv_transfer"} ${external}
vllm:external_prefix_cache_hits_total{engine="0",model_name="m"} ${external + 7}
vllm:nixl_xfer_time_seconds_bucket{engine="0",le="0.005",model_name="m"} 1.0
vllm:nixl_xfer_time_seconds_sum{engine="0",model_name="m"} ${0.5 * transfers}
vllm:nixl_xfer_time_seconds_count{engine="0",model_name="m"} ${transfers}
vllm:nixl_bytes_transferred_sum{engine="0",model_name="m"} ${1e9 * transfers}
vllm:nixl_bytes_transferred_count{engine="0",model_name="m"} ${transfers}
vllm:nixl_num_failed_transfers_total{engine="0",model_name="m"} ${failed}
vllm:nixl_num_failed_notifications_total{engine="0",model_name="m"} 2.0
vllm:nixl_num_kv_expired_reqs_total{engine="0",model_name="m"} ${expired}
`;
const snapshot = (text: string) => readSnapshot(text, 0, 0);
const delta = (before: string, after: string) =>
  snapshotDelta(snapshot(before), snapshot(after), null).kv_transfer;

test('transfers, their seconds and bytes, failures, and tokens by their source', () => {
  expect(delta(page(2, 100), page(6, 340, 1, 3))).toEqual({
    transfers: 4,
    seconds: 2,
    bytes: 4e9,
    failed: 1,
    expired: 3,
    external_tokens: 240,
  });
});

test('a server without NIXL may still say how many tokens came from elsewhere', () => {
  const storage = (tokens: number) =>
    `vllm:prompt_tokens_by_source_total{source="external_kv_transfer"} ${tokens}\n`;
  expect(delta(storage(10), storage(58))).toEqual({
    transfers: null,
    seconds: null,
    bytes: null,
    failed: null,
    expired: null,
    external_tokens: 48,
  });
});

test('a server that shows nothing of it has none, and one that restarted has no difference', () => {
  expect(delta('vllm:num_requests_running 1\n', 'vllm:num_requests_running 1\n')).toBeNull();
  expect(delta(page(6, 340), page(2, 100))).toMatchObject({ transfers: null, external_tokens: null });
});
