import { type KvCounters, readKvCounters } from './kv-counters.ts';
import { type PrometheusSample, parsePrometheus } from './prometheus.ts';

/** Sum and count of a histogram. */
export interface HistogramTotals {
  readonly sum: number;
  readonly count: number;
}

/** What the engine's cache is made of, as `vllm:cache_config_info` says it. */
export interface CacheConfig {
  readonly blocks: number | null;
  readonly block_size: number | null;
  /** From the engine, or blocks × block size. */
  readonly capacity_tokens: number | null;
  readonly dtype: string | null;
  readonly prefix_caching: boolean | null;
}

/** The counters and gauges of a vLLM server at one instant. Null: the server does not expose it. */
export interface MetricsSnapshot {
  /** Monotonic seconds of the agent's clock, middle of the scrape; the counters were read within `bound_s` of it. */
  readonly at_s: number;
  readonly bound_s: number;
  readonly generation_tokens: number | null;
  readonly prompt_tokens: number | null;
  readonly prefix_cache_hits: number | null;
  readonly prefix_cache_queries: number | null;
  readonly preemptions: number | null;
  /** Engine steps are the count, tokens over all steps the sum. */
  readonly iteration_tokens: HistogramTotals | null;
  readonly ttft_s: HistogramTotals | null;
  readonly tpot_s: HistogramTotals | null;
  readonly running: number | null;
  readonly waiting: number | null;
  /** 0 to 1. */
  readonly kv_usage: number | null;
  readonly cache: CacheConfig | null;
  readonly kv_transfer: KvCounters | null;
}

const PREFIX = 'vllm:';

/** Spellings of one metric, newest first. */
const NAMES = {
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
} as const;

/** Whether the exposition is that of vLLM, or of something that speaks its names. */
export function hasVllmMetrics(text: string): boolean {
  return text.includes(`\n${PREFIX}`) || text.startsWith(PREFIX);
}

/** Reads the metrics that cells are judged by out of a Prometheus exposition. */
export function readSnapshot(text: string, at_s: number, bound_s: number): MetricsSnapshot {
  const byName = Map.groupBy(parsePrometheus(text, [PREFIX]), (sample) => sample.name.slice(PREFIX.length));
  const counter = (names: readonly string[], labels: Readonly<Record<string, string>> = {}) =>
    fold(
      pick(byName, names)?.filter((sample) =>
        Object.entries(labels).every(([name, value]) => sample.labels[name] === value),
      ),
      'sum',
    );
  const histogram = (names: readonly string[]): HistogramTotals | null => {
    for (const name of names) {
      const sum = fold(byName.get(`${name}_sum`), 'sum');
      const count = fold(byName.get(`${name}_count`), 'sum');
      if (sum !== null && count !== null) return { sum, count };
    }
    return null;
  };
  return {
    at_s,
    bound_s,
    generation_tokens: counter(NAMES.generation_tokens),
    prompt_tokens: counter(NAMES.prompt_tokens),
    prefix_cache_hits: counter(NAMES.prefix_cache_hits),
    prefix_cache_queries: counter(NAMES.prefix_cache_queries),
    preemptions: counter(NAMES.preemptions),
    iteration_tokens: histogram(NAMES.iteration_tokens),
    ttft_s: histogram(NAMES.ttft_s),
    tpot_s: histogram(NAMES.tpot_s),
    running: gauge(pick(byName, NAMES.running), 'sum'),
    waiting: gauge(pick(byName, NAMES.waiting), 'sum'),
    kv_usage: gauge(pick(byName, NAMES.kv_usage), 'max'),
    cache: readCacheConfig(byName.get('cache_config_info')),
    kv_transfer: readKvCounters({ counter, histogram }),
  };
}

type Samples = readonly PrometheusSample[] | undefined;

function pick(byName: ReadonlyMap<string, readonly PrometheusSample[]>, names: readonly string[]): Samples {
  const name = names.find((candidate) => byName.has(candidate));
  return name === undefined ? undefined : byName.get(name);
}

function fold(samples: Samples, by: 'sum' | 'max'): number | null {
  if (samples === undefined || samples.length === 0) return null;
  const values = samples.map((sample) => sample.value);
  return by === 'sum' ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values);
}

/** Gauges repeat once a front-end process: the greatest of an engine counts, then engines are added (or compared). */
function gauge(samples: Samples, by: 'sum' | 'max'): number | null {
  if (samples === undefined || samples.length === 0) return null;
  const engines = Map.groupBy(samples, (sample) => sample.labels.engine ?? '');
  const values = [...engines.values()].map((group) => Math.max(...group.map((sample) => sample.value)));
  return by === 'sum' ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values);
}

/** One line an engine (data parallel): capacities add up, the rest is the first one's. */
function readCacheConfig(samples: Samples): CacheConfig | null {
  const labels = samples?.[0]?.labels;
  if (samples === undefined || labels === undefined) return null;
  const engines = new Set(samples.map((sample) => sample.labels.engine ?? '')).size;
  const blocks = whole(labels.num_gpu_blocks);
  const blockSize = whole(labels.block_size);
  const own = whole(labels.kv_cache_size_tokens);
  const perEngine = own ?? (blocks !== null && blockSize !== null ? blocks * blockSize : null);
  return {
    blocks,
    block_size: blockSize,
    capacity_tokens: perEngine === null ? null : perEngine * engines,
    dtype: labels.cache_dtype ?? null,
    prefix_caching:
      labels.enable_prefix_caching === undefined ? null : labels.enable_prefix_caching === 'True',
  };
}

function whole(text: string | undefined): number | null {
  const value = Number(text);
  return text === undefined || !Number.isInteger(value) || value <= 0 ? null : value;
}
