import type { KvTransferDelta } from '../run/schema.ts';
import type { HistogramTotals, PrometheusSample } from './prometheus.ts';

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

type ByName = ReadonlyMap<string, readonly PrometheusSample[]>;

/** Adds up what several engines, or ranks, say; null where none does. */
function total(
  byName: ByName,
  names: readonly string[],
  labels: Readonly<Record<string, string>> = {},
): number | null {
  for (const name of names) {
    const samples = byName.get(name)?.filter((sample) => hasLabels(sample, labels)) ?? [];
    if (samples.length > 0) return samples.reduce((sum, sample) => sum + sample.value, 0);
  }
  return null;
}

const hasLabels = (sample: PrometheusSample, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(labels).every(([name, value]) => sample.labels[name] === value);

function histogram(byName: ByName, name: string): HistogramTotals | null {
  const sum = total(byName, [`${name}_sum`]);
  const count = total(byName, [`${name}_count`]);
  return sum === null || count === null ? null : { sum, count };
}

/** With the ending that Prometheus gives to counters, and without. */
const counter = (byName: ByName, name: string): number | null => total(byName, [`${name}_total`, name]);

/** Reads them from the samples of a metrics page, by name without the engine's prefix; null when there are none of a connector. */
export function readKvCounters(byName: ByName): KvCounters | null {
  const source = { source: 'external_kv_transfer' };
  const counters: KvCounters = {
    transfer_s: histogram(byName, 'nixl_xfer_time_seconds'),
    bytes: histogram(byName, 'nixl_bytes_transferred'),
    failed_transfers: counter(byName, 'nixl_num_failed_transfers'),
    failed_notifications: counter(byName, 'nixl_num_failed_notifications'),
    expired: counter(byName, 'nixl_num_kv_expired_reqs'),
    external_tokens:
      total(byName, ['prompt_tokens_by_source_total'], source) ??
      counter(byName, 'external_prefix_cache_hits'),
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
