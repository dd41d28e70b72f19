import type { Histogram } from '../histogram.ts';
import type { KvLeases } from './leases.ts';
import type { KvLink } from './link.ts';

type Add = (type: string, name: string, samples: readonly (readonly [string, string, number])[]) => void;

/** NIXL's counters, by vLLM's names: what a decode server fetched, and what a prefill server kept in vain. */
export function addKvMetrics(
  add: Add,
  histogramSamples: (histogram: Histogram) => (readonly [string, string, number])[],
  { link, leases }: { readonly link: KvLink; readonly leases: KvLeases },
): void {
  add('histogram', 'nixl_xfer_time_seconds', histogramSamples(link.transfer_s));
  add('histogram', 'nixl_bytes_transferred', histogramSamples(link.bytes));
  add('histogram', 'nixl_num_descriptors', histogramSamples(link.descriptors));
  add('counter', 'nixl_num_failed_transfers', [['_total', '', link.failedTransfers]]);
  add('counter', 'nixl_num_failed_notifications', [['_total', '', link.failedNotifications]]);
  add('counter', 'nixl_num_kv_expired_reqs', [['_total', '', leases.expired]]);
}
