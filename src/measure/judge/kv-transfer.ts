import { asPercent, type Case, invalid, type Judge, short } from './case.ts';

const GB = 1e9;

const ofPair = ({ metrics }: Case) => metrics.disaggregated;

/** The decode server computed prompts itself, in silence: nothing was handed over, or not all of it. */
export const judgeKvMissing: Judge = (cell) => {
  const { counters = null, expected_tokens = 0 } = ofPair(cell) ?? {};
  if (counters === null || expected_tokens === 0) return null;
  const { external_tokens, transfers } = counters;
  const limit = cell.thresholds.kv_transfer_missing_share;
  if (external_tokens === null) {
    return transfers === 0 ? invalid('kv_transfer_missing', 'no KV transfer in the cell', 0, 1) : null;
  }
  const share = external_tokens / expected_tokens;
  if (share >= limit) return null;
  const message = `${external_tokens} of ${expected_tokens} prompt tokens came from the prefill server (${asPercent(share)})`;
  return invalid('kv_transfer_missing', message, share, limit);
};

/** A link that is a hundred times too slow is another link. */
export const judgeKvBandwidth: Judge = (cell) => {
  const bandwidth = ofPair(cell)?.bandwidth_bytes_per_s ?? null;
  const limit = cell.thresholds.kv_bandwidth_implausible_gb_per_s;
  if (bandwidth === null || bandwidth >= limit * GB) return null;
  const message = `KV came at ${short(bandwidth / GB)} GB/s: over TCP in place of RDMA?`;
  return invalid('kv_bandwidth_implausible', message, bandwidth / GB, limit);
};

export const judgeKvFailures: Judge = (cell) => {
  const { failed = null, expired = null } = ofPair(cell)?.counters ?? {};
  const total = (failed ?? 0) + (expired ?? 0);
  if (total === 0) return null;
  const message = `${failed ?? 0} transfers or notifications failed, ${expired ?? 0} requests' blocks were dropped before they were fetched`;
  return invalid('kv_transfer_failed', message, total, 0);
};
