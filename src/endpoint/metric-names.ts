/** What cells are judged by. */
export type Quantity =
  | 'generation_tokens'
  | 'prompt_tokens'
  | 'prefix_cache_hits'
  | 'prefix_cache_queries'
  | 'preemptions'
  | 'running'
  | 'waiting'
  | 'kv_usage'
  | 'iteration_tokens'
  | 'ttft_s'
  | 'tpot_s'
  | 'spec_drafts'
  | 'spec_draft_tokens'
  | 'spec_accepted_tokens'
  | 'estimated_flop'
  | 'estimated_read_bytes'
  | 'estimated_write_bytes';

/** How one engine names its metrics: spellings without the prefix, newest first. */
export interface MetricDialect {
  readonly engine: string;
  readonly prefix: string;
  readonly names: Partial<Readonly<Record<Quantity, readonly string[]>>>;
  /** What cannot be checked by these metrics, one clause each; empty: all of it can. */
  readonly lacks: readonly string[];
}

const NO_STEPS = 'engine steps and preemption are not shown';
/** Tokens of a request that is still running are not counted yet, so that a window's count says nothing. */
const COUNTS_AT_END =
  'generated tokens are counted when a request ends, so that they cannot be compared over a window';

/** With --enable-mfu-metrics: what the engine thinks that a device computed and moved. */
const ESTIMATES = {
  estimated_flop: ['estimated_flops_per_gpu_total'],
  estimated_read_bytes: ['estimated_read_bytes_per_gpu_total'],
  estimated_write_bytes: ['estimated_write_bytes_per_gpu_total'],
} as const;

export const VLLM_METRICS: MetricDialect = {
  engine: 'vllm',
  prefix: 'vllm:',
  names: {
    generation_tokens: ['generation_tokens_total', 'generation_tokens'],
    prompt_tokens: ['prompt_tokens_total', 'prompt_tokens'],
    prefix_cache_hits: [
      'prefix_cache_hits_total',
      'prefix_cache_hits',
      'gpu_prefix_cache_hits_total',
      'gpu_prefix_cache_hits',
    ],
    prefix_cache_queries: [
      'prefix_cache_queries_total',
      'prefix_cache_queries',
      'gpu_prefix_cache_queries_total',
      'gpu_prefix_cache_queries',
    ],
    preemptions: ['num_preemptions_total', 'num_preemptions'],
    running: ['num_requests_running'],
    waiting: ['num_requests_waiting'],
    kv_usage: ['kv_cache_usage_perc', 'gpu_cache_usage_perc'],
    iteration_tokens: ['iteration_tokens_total'],
    ttft_s: ['time_to_first_token_seconds'],
    tpot_s: [
      'inter_token_latency_seconds',
      'time_per_output_token_seconds',
      'request_time_per_output_token_seconds',
    ],
    spec_drafts: ['spec_decode_num_drafts_total'],
    spec_draft_tokens: ['spec_decode_num_draft_tokens_total'],
    spec_accepted_tokens: ['spec_decode_num_accepted_tokens_total'],
    ...ESTIMATES,
  },
  lacks: [],
};

export const METRIC_DIALECTS: readonly MetricDialect[] = [
  VLLM_METRICS,
  {
    engine: 'sglang',
    prefix: 'sglang:',
    names: {
      prompt_tokens: ['prompt_tokens_total'],
      prefix_cache_hits: ['cached_tokens_total'],
      prefix_cache_queries: ['prompt_tokens_total'],
      running: ['num_running_reqs'],
      waiting: ['num_queue_reqs'],
      kv_usage: ['token_usage'],
      ttft_s: ['time_to_first_token_seconds'],
      tpot_s: ['inter_token_latency_seconds', 'time_per_output_token_seconds'],
      ...ESTIMATES,
    },
    lacks: [COUNTS_AT_END, NO_STEPS],
  },
  {
    engine: 'llama-server',
    prefix: 'llamacpp:',
    names: {
      prompt_tokens: ['prompt_tokens_total'],
      running: ['requests_processing'],
      waiting: ['requests_deferred'],
      kv_usage: ['kv_cache_usage_ratio'],
    },
    lacks: [COUNTS_AT_END, NO_STEPS, 'prefix hits and latencies are not shown'],
  },
  {
    engine: 'tgi',
    prefix: 'tgi_',
    names: {
      running: ['batch_current_size'],
      waiting: ['queue_size'],
      tpot_s: ['request_mean_time_per_token_duration'],
    },
    lacks: [COUNTS_AT_END, NO_STEPS, 'prefix hits, KV use and TTFT are not shown'],
  },
  {
    engine: 'tensorrt-llm',
    prefix: 'trtllm_',
    names: {
      kv_usage: ['kv_cache_utilization'],
      ttft_s: ['time_to_first_token_seconds'],
      tpot_s: ['time_per_output_token_seconds'],
    },
    lacks: ['token counts, running requests and prefix hits are not shown', NO_STEPS],
  },
];
