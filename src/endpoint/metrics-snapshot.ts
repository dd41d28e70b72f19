import { type KvCounters, readKvCounters } from './kv-counters.ts';
import { METRIC_DIALECTS, type MetricDialect, VLLM_METRICS } from './metric-names.ts';
import { type HistogramTotals, type PrometheusSample, parsePrometheus } from './prometheus.ts';

/** What the engine's cache is made of, as `vllm:cache_config_info` says it. */
export interface CacheConfig {
  readonly blocks: number | null;
  readonly block_size: number | null;
  /** From the engine, or blocks × block size. */
  readonly capacity_tokens: number | null;
  readonly dtype: string | null;
  readonly prefix_caching: boolean | null;
}

/** The counters and gauges of a server at one instant. Null: the server does not expose it. */
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
  /** Speculative decoding: sequences that had tokens proposed (once a step), proposed tokens, and accepted ones. */
  readonly spec_drafts: number | null;
  readonly spec_draft_tokens: number | null;
  readonly spec_accepted_tokens: number | null;
  /** Of one device of each engine; what the engine itself estimates. */
  readonly estimated_flop: number | null;
  readonly estimated_read_bytes: number | null;
  readonly estimated_write_bytes: number | null;
  readonly cache: CacheConfig | null;
  readonly kv_transfer: KvCounters | null;
}

/** Whose names an exposition uses; null for names that are not known. */
export function dialectOf(text: string): MetricDialect | null {
  return (
    METRIC_DIALECTS.find(({ prefix }) => text.includes(`\n${prefix}`) || text.startsWith(prefix)) ?? null
  );
}

/**
 * Reads the metrics that cells are judged by out of a Prometheus exposition.
 * @param dialect whose names it uses; found out by default
 */
export function readSnapshot(
  text: string,
  at_s: number,
  bound_s: number,
  dialect: MetricDialect | null = dialectOf(text),
): MetricsSnapshot {
  const { prefix, names } = dialect ?? VLLM_METRICS;
  const byName = Map.groupBy(parsePrometheus(text, [prefix]), (sample) => sample.name.slice(prefix.length));
  const counter = (spellings: readonly string[] = [], labels: Readonly<Record<string, string>> = {}) =>
    fold(withLabels(pick(byName, spellings), labels), 'sum');
  const histogram = (spellings: readonly string[] = []): HistogramTotals | null => {
    for (const name of spellings) {
      const sum = fold(byName.get(`${name}_sum`), 'sum');
      const count = fold(byName.get(`${name}_count`), 'sum');
      if (sum !== null && count !== null) return { sum, count };
    }
    return null;
  };
  return {
    at_s,
    bound_s,
    generation_tokens: counter(names.generation_tokens),
    prompt_tokens: counter(names.prompt_tokens),
    prefix_cache_hits: counter(names.prefix_cache_hits),
    prefix_cache_queries: counter(names.prefix_cache_queries),
    preemptions: counter(names.preemptions),
    iteration_tokens: histogram(names.iteration_tokens),
    ttft_s: histogram(names.ttft_s),
    tpot_s: histogram(names.tpot_s),
    running: gauge(pick(byName, names.running), 'sum'),
    waiting: gauge(pick(byName, names.waiting), 'sum'),
    kv_usage: gauge(pick(byName, names.kv_usage), 'max'),
    spec_drafts: counter(names.spec_drafts),
    spec_draft_tokens: counter(names.spec_draft_tokens),
    spec_accepted_tokens: counter(names.spec_accepted_tokens),
    estimated_flop: counter(names.estimated_flop),
    estimated_read_bytes: counter(names.estimated_read_bytes),
    estimated_write_bytes: counter(names.estimated_write_bytes),
    cache: readCacheConfig(byName.get('cache_config_info')),
    kv_transfer: readKvCounters(byName),
  };
}

type Samples = readonly PrometheusSample[] | undefined;

function pick(
  byName: ReadonlyMap<string, readonly PrometheusSample[]>,
  names: readonly string[] = [],
): Samples {
  const name = names.find((candidate) => byName.has(candidate));
  return name === undefined ? undefined : byName.get(name);
}

/** Those of the samples that have all these labels. */
function withLabels(samples: Samples, labels: Readonly<Record<string, string>>): Samples {
  return samples?.filter((sample) =>
    Object.entries(labels).every(([name, value]) => sample.labels[name] === value),
  );
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
