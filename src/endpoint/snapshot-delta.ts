import type { ServerDelta } from '../run/schema.ts';
import { kvDelta } from './kv-counters.ts';
import type { MetricsSnapshot } from './metrics-snapshot.ts';
import type { HistogramTotals } from './prometheus.ts';

/** What the gauges did between two scrapes. */
export interface GaugeSummary {
  readonly mean_running: number | null;
  readonly mean_waiting: number | null;
  readonly max_kv_usage: number | null;
}

/** What the server's counters did between two scrapes; a counter that ran backwards (the server restarted) gives null. */
export function snapshotDelta(
  before: MetricsSnapshot,
  after: MetricsSnapshot,
  gauges: GaugeSummary | null,
): ServerDelta {
  return {
    generation_tokens: difference(before.generation_tokens, after.generation_tokens),
    prompt_tokens: difference(before.prompt_tokens, after.prompt_tokens),
    prefix_cache_hits: difference(before.prefix_cache_hits, after.prefix_cache_hits),
    prefix_cache_queries: difference(before.prefix_cache_queries, after.prefix_cache_queries),
    preemptions: difference(before.preemptions, after.preemptions),
    engine_steps: difference(before.iteration_tokens?.count ?? null, after.iteration_tokens?.count ?? null),
    mean_running: gauges?.mean_running ?? null,
    mean_waiting: gauges?.mean_waiting ?? null,
    max_kv_usage: gauges?.max_kv_usage ?? null,
    ttft_mean_s: meanBetween(before.ttft_s, after.ttft_s),
    tpot_mean_s: meanBetween(before.tpot_s, after.tpot_s),
    spec_drafts: difference(before.spec_drafts, after.spec_drafts),
    spec_draft_tokens: difference(before.spec_draft_tokens, after.spec_draft_tokens),
    spec_accepted_tokens: difference(before.spec_accepted_tokens, after.spec_accepted_tokens),
    estimated_flop: difference(before.estimated_flop, after.estimated_flop),
    estimated_read_bytes: difference(before.estimated_read_bytes, after.estimated_read_bytes),
    estimated_write_bytes: difference(before.estimated_write_bytes, after.estimated_write_bytes),
    kv_transfer: kvDelta(before.kv_transfer, after.kv_transfer),
  };
}

/** Mean and greatest of the gauges over samples taken at an even pace; null where none shows them. */
export function summariseGauges(samples: readonly MetricsSnapshot[]): GaugeSummary {
  const known = (pick: (snapshot: MetricsSnapshot) => number | null): number[] =>
    samples.map(pick).filter((value) => value !== null);
  const mean = (values: readonly number[]): number | null =>
    values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  const usage = known((snapshot) => snapshot.kv_usage);
  return {
    mean_running: mean(known((snapshot) => snapshot.running)),
    mean_waiting: mean(known((snapshot) => snapshot.waiting)),
    max_kv_usage: usage.length === 0 ? null : Math.max(...usage),
  };
}

function difference(before: number | null, after: number | null): number | null {
  return before === null || after === null || after < before ? null : after - before;
}

function meanBetween(before: HistogramTotals | null, after: HistogramTotals | null): number | null {
  const count = difference(before?.count ?? null, after?.count ?? null);
  const sum = difference(before?.sum ?? null, after?.sum ?? null);
  return count === null || sum === null || count === 0 ? null : sum / count;
}
