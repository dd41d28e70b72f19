import type { KvTransferDelta } from '../run/schema.ts';
import type { HistogramTotals } from './metrics-snapshot.ts';

/** A server's counters of KV from and to other servers at one instant. Null: it does not expose it. */
export interface KvCounters {
  readonly transfer_s: HistogramTotals | null;
  /** Of one rank. */
  readonly bytes: HistogramTotals | null;
  readonly failed_transfers: number | null;
  readonly failed_notifications: number | null;
  readonly expired: number | null;
  /** Prompt tokens that came from another server. */
  readonly external_tokens: number | null;
}

interface Reader {
  counter(names: readonly string[], labels?: Readonly<Record<string, string>>): number | null;
  histogram(names: readonly string[]): HistogramTotals | null;
}

/** Reads them from a metrics page; null when there are none of a connector. */
export function readKvCounters({ counter, histogram }: Reader): KvCounters | null {
  const source = { source: 'external_kv_transfer' };
  const counters: KvCounters = {
    transfer_s: histogram(['nixl_xfer_time_seconds']),
    bytes: histogram(['nixl_bytes_transferred']),
    failed_transfers: counter(['nixl_num_failed_transfers_total', 'nixl_num_failed_transfers']),
    failed_notifications: counter(['nixl_num_failed_notifications_total', 'nixl_num_failed_notifications']),
    expired: counter(['nixl_num_kv_expired_reqs_total', 'nixl_num_kv_expired_reqs']),
    external_tokens:
      counter(['prompt_tokens_by_source_total'], source) ??
      counter(['external_prefix_cache_hits_total', 'external_prefix_cache_hits']),
  };
  return Object.values(counters).every((value) => value === null) ? null : counters;
}

/** What they did between two scrapes; a counter that ran backwards gives null. */
export function kvDelta(before: KvCounters | null, after: KvCounters | null): KvTransferDelta | null {
  if (before === null || after === null) return null;
  const { transfer_s: from, bytes: fromBytes } = before;
  const { transfer_s: to, bytes: toBytes } = after;
  const failed = [
    difference(before.failed_transfers, after.failed_transfers),
    difference(before.failed_notifications, after.failed_notifications),
  ].filter((value) => value !== null);
  return {
    transfers: difference(from?.count ?? null, to?.count ?? null),
    seconds: difference(from?.sum ?? null, to?.sum ?? null),
    bytes: difference(fromBytes?.sum ?? null, toBytes?.sum ?? null),
    failed: failed.length === 0 ? null : failed.reduce((sum, value) => sum + value, 0),
    expired: difference(before.expired, after.expired),
    external_tokens: difference(before.external_tokens, after.external_tokens),
  };
}

function difference(before: number | null, after: number | null): number | null {
  return before === null || after === null || after < before ? null : after - before;
}
