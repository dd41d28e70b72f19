import type { SimulatedDevice } from '../device.ts';
import type { Engine } from '../engine.ts';
import type { Histogram } from '../histogram.ts';
import { addKvMetrics } from '../kv/metrics-text.ts';
import type { KvSide } from '../kv/side.ts';
import type { EngineRequest } from '../sequence.ts';

/** What `wrong-estimates` multiplies them by. */
const WRONG_BY = 1.5;

/** The engine's metrics as a Prometheus exposition, with vLLM's names and labels. */
export function metricsText<R extends EngineRequest>(
  engine: Engine<R>,
  device: SimulatedDevice,
  now: number,
  kv: KvSide | null = null,
  wrongEstimates = false,
): string {
  const labels = `engine="0",model_name="${escapeLabel(device.card.id)}"`;
  const lines: string[] = [];
  const add = (type: string, name: string, samples: readonly (readonly [string, string, number])[]): void => {
    lines.push(`# HELP vllm:${name} ${name.replaceAll('_', ' ')}`, `# TYPE vllm:${name} ${type}`);
    for (const [suffix, extra, value] of samples) {
      lines.push(`vllm:${name}${suffix}{${labels}${extra}} ${promNumber(value)}`);
    }
  };
  const { metrics } = engine;
  const waiting = engine.waitingAt(now);
  add('gauge', 'num_requests_running', [['', '', engine.running]]);
  add('gauge', 'num_requests_waiting', [['', '', waiting]]);
  add('gauge', 'num_requests_waiting_by_reason', [
    ['', ',reason="capacity"', waiting],
    ['', ',reason="deferred"', 0],
  ]);
  add('gauge', 'kv_cache_usage_perc', [['', '', engine.kv.usage]]);
  lines.push(cacheConfig(device));
  for (const name of [
    'generation_tokens',
    'prompt_tokens',
    'prompt_tokens_cached',
    'num_preemptions',
    'prefix_cache_queries',
    'prefix_cache_hits',
    ...(kv === null ? [] : (['external_prefix_cache_queries', 'external_prefix_cache_hits'] as const)),
  ] as const) {
    add('counter', name, [['_total', '', metrics[name]]]);
  }
  add('counter', 'prompt_tokens_by_source', [
    ['_total', ',source="local_compute"', metrics.prompt_tokens - metrics.prompt_tokens_cached],
    ['_total', ',source="local_cache_hit"', metrics.prompt_tokens_cached - metrics.prompt_tokens_external],
    ['_total', ',source="external_kv_transfer"', metrics.prompt_tokens_external],
  ]);
  const { flop, readBytes, writeBytes } = metrics.estimated;
  for (const [name, value] of [
    ['estimated_flops_per_gpu', flop],
    ['estimated_read_bytes_per_gpu', readBytes],
    ['estimated_write_bytes_per_gpu', writeBytes],
  ] as const) {
    add('counter', name, [['_total', '', wrongEstimates ? WRONG_BY * value : value]]);
  }
  if (device.settings.speculation !== undefined) {
    for (const name of [
      'spec_decode_num_drafts',
      'spec_decode_num_draft_tokens',
      'spec_decode_num_accepted_tokens',
    ] as const) {
      add('counter', name, [['_total', '', metrics[name]]]);
    }
  }
  if (kv !== null) addKvMetrics(add, histogramSamples, kv);
  add(
    'counter',
    'request_success',
    Object.entries(metrics.request_success).map(
      ([reason, count]) => ['_total', `,finished_reason="${reason}"`, count] as const,
    ),
  );
  for (const [name, histogram] of [
    ['time_to_first_token_seconds', metrics.time_to_first_token],
    ['inter_token_latency_seconds', metrics.inter_token_latency],
    ['request_time_per_output_token_seconds', metrics.request_time_per_output_token],
    ['e2e_request_latency_seconds', metrics.e2e_request_latency],
    ['request_queue_time_seconds', metrics.request_queue_time],
    ['request_inference_time_seconds', metrics.request_inference_time],
    ['request_prefill_time_seconds', metrics.request_prefill_time],
    ['request_decode_time_seconds', metrics.request_decode_time],
    ['request_prompt_tokens', metrics.request_prompt_tokens],
    ['request_generation_tokens', metrics.request_generation_tokens],
    ['iteration_tokens_total', metrics.iteration_tokens_total],
  ] as const) {
    add('histogram', name, histogramSamples(histogram));
  }
  return `${lines.join('\n')}\n`;
}

function cacheConfig(device: SimulatedDevice): string {
  const { settings, blockSize } = device;
  const labels = Object.entries({
    block_size: blockSize,
    cache_dtype: 'auto',
    enable_prefix_caching: 'True',
    engine: 0,
    gpu_memory_utilization: 0.9,
    kv_cache_size_tokens: settings.kvCapacityTokens,
    num_gpu_blocks: settings.kvCapacityTokens / blockSize,
  }).map(([name, value]) => `${name}="${value}"`);
  return [
    '# HELP vllm:cache_config_info Information of the LLMEngine CacheConfig',
    '# TYPE vllm:cache_config_info gauge',
    `vllm:cache_config_info{${labels.join(',')}} 1.0`,
  ].join('\n');
}

function histogramSamples(histogram: Histogram): (readonly [string, string, number])[] {
  let cumulative = 0;
  const buckets = histogram.counts.map((count, index) => {
    cumulative += count;
    const bound = histogram.bounds[index];
    return ['_bucket', `,le="${bound === undefined ? '+Inf' : promNumber(bound)}"`, cumulative] as const;
  });
  return [...buckets, ['_count', '', histogram.count], ['_sum', '', histogram.sum]];
}

/** Whole numbers get a decimal point, as the Python client writes them. */
const promNumber = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value));

const escapeLabel = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
