import type { CellResult, Identity } from '../../src/agent/protocol.ts';
import type { CellRecord } from '../../src/run/schema.ts';

/** What a fake endpoint says about itself. */
export const identity = (overrides: Partial<Identity> = {}): Identity => ({
  engine: { name: 'vllm', version: '0.32.0' },
  model: { id: 'llama-3.1-8b', root: 'llama-3.1-8b', max_length_tokens: 32_768 },
  settings: {
    max_num_batched_tokens: { value: 8192, source: 'server' },
    max_num_seqs: { value: 256, source: 'server' },
    kv_capacity_tokens: { value: 400_000, source: 'server' },
    block_size: { value: 16, source: 'server' },
    kv_cache_dtype: 'auto',
    prefix_caching: true,
  },
  features: {
    token_id_prompts: true,
    cache_salt: true,
    continuous_usage: true,
    return_token_ids: true,
    metrics: true,
  },
  simulator: null,
  warnings: [],
  model_config: null,
  simulated: null,
  ...overrides,
});

const statistic = (mean: number) => ({
  n: 20,
  mean,
  standard_deviation: mean / 100,
  half_width_95: mean / 200,
  percentiles: [],
});

export const metrics = (ttft_ms: number, tpot_ms: number): NonNullable<CellRecord['metrics']> => ({
  ttft_ms: statistic(ttft_ms),
  tpot_ms: statistic(tpot_ms),
  e2e_ms: statistic(ttft_ms + 10 * tpot_ms),
  icl_ms: null,
  single_token_chunks: 1,
  ttft_vllm_ms: null,
  tpot_vllm_ms: null,
  output_tokens_per_s: 100,
  input_tokens_per_s: 100,
  requests_per_s: 1,
  whole_run_output_tokens_per_s: 90,
  mean_concurrency: 1,
  mean_output_tokens: 10,
  turn_around_ms: 1,
  decode: null,
  disaggregated: null,
  goodput_requests_per_s: null,
  objectives: [],
});

/** A cell's result, valid unless told otherwise. */
export const cellResult = (overrides: Partial<CellResult> = {}): CellResult => ({
  started_at: '2026-01-01T00:00:00.000Z',
  elapsed_s: 0.01,
  window: { opened_s: 0, closed_s: 1, residence_s: 0.5, stopped_by: 'converged' },
  verdict: 'valid',
  client: null,
  counts: { measured: 20, completed: 24, failed: 0, aborted: 1, fillers: 2 },
  metrics: metrics(50, 8),
  server: null,
  reasons: [],
  stopped_by: 'converged',
  snapshots: { before: { generation_tokens: 1 } },
  ...overrides,
});

export const reason = (
  code: CellRecord['reasons'][number]['code'],
  effect: 'invalid' | 'flagged' | 'note' = 'invalid',
): CellRecord['reasons'][number] => ({
  code,
  effect,
  fit: 'exclude',
  message: code,
  value: null,
  threshold: null,
});
