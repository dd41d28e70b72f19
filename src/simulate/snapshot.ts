import type { Engine } from './engine.ts';
import type { EngineRequest } from './sequence.ts';

/** Sum and count of a histogram: its mean over a window is the ratio of the differences. */
export interface HistogramTotals {
  readonly sum: number;
  readonly count: number;
}

/** The engine's counters and gauges at one time, by vLLM's names. Times in seconds. */
export interface EngineSnapshot {
  readonly at_s: number;
  readonly generation_tokens: number;
  readonly prompt_tokens: number;
  readonly prefix_cache_queries: number;
  readonly prefix_cache_hits: number;
  readonly num_preemptions: number;
  readonly spec_decode_num_drafts: number;
  readonly spec_decode_num_draft_tokens: number;
  readonly spec_decode_num_accepted_tokens: number;
  readonly num_requests_running: number;
  readonly num_requests_waiting: number;
  /** Share of the KV blocks that are held, 0 to 1. */
  readonly kv_cache_usage_perc: number;
  readonly iteration_tokens_total: HistogramTotals;
  readonly time_to_first_token_seconds: HistogramTotals;
  readonly inter_token_latency_seconds: HistogramTotals;
  readonly request_time_per_output_token_seconds: HistogramTotals;
  readonly e2e_request_latency_seconds: HistogramTotals;
  readonly request_queue_time_seconds: HistogramTotals;
  readonly request_prefill_time_seconds: HistogramTotals;
}

const totals = ({ sum, count }: HistogramTotals): HistogramTotals => ({ sum, count });

export function snapshot<R extends EngineRequest>(engine: Engine<R>, at: number): EngineSnapshot {
  const { metrics } = engine;
  return {
    at_s: at,
    generation_tokens: metrics.generation_tokens,
    prompt_tokens: metrics.prompt_tokens,
    prefix_cache_queries: metrics.prefix_cache_queries,
    prefix_cache_hits: metrics.prefix_cache_hits,
    num_preemptions: metrics.num_preemptions,
    spec_decode_num_drafts: metrics.spec_decode_num_drafts,
    spec_decode_num_draft_tokens: metrics.spec_decode_num_draft_tokens,
    spec_decode_num_accepted_tokens: metrics.spec_decode_num_accepted_tokens,
    num_requests_running: engine.running,
    num_requests_waiting: engine.waitingAt(at),
    kv_cache_usage_perc: engine.kv.usage,
    iteration_tokens_total: totals(metrics.iteration_tokens_total),
    time_to_first_token_seconds: totals(metrics.time_to_first_token),
    inter_token_latency_seconds: totals(metrics.inter_token_latency),
    request_time_per_output_token_seconds: totals(metrics.request_time_per_output_token),
    e2e_request_latency_seconds: totals(metrics.e2e_request_latency),
    request_queue_time_seconds: totals(metrics.request_queue_time),
    request_prefill_time_seconds: totals(metrics.request_prefill_time),
  };
}
