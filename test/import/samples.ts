/** Rows in the layout of each format, with values of our own. */
export const csv = (columns: readonly string[], rows: readonly Record<string, unknown>[]): string =>
  [columns.join(','), ...rows.map((row) => columns.map((name) => row[name] ?? '').join(',')), ''].join('\n');

export const inferencexRow = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  hw: 'h100',
  conc: 4,
  image: 'vllm/vllm-openai:v0.13.0',
  model: 'openai/gpt-oss-120b',
  framework: 'vllm',
  precision: 'fp4',
  spec_decoding: 'none',
  disagg: 'False',
  isl: 1000,
  osl: 500,
  tp: 2,
  ep: 1,
  dp_attention: 'False',
  output_tput_per_gpu: 100,
  input_tput_per_gpu: 200,
  mean_ttft: 0.05,
  median_ttft: 0.04,
  std_ttft: 0.01,
  p99_ttft: 0.09,
  mean_tpot: 0.006,
  median_tpot: 0.0061,
  mean_itl: 0.0062,
  mean_e2el: 3.2,
  run: 7,
  ...change,
});

export const inferencexCsv = (...changes: Record<string, unknown>[]): string =>
  csv(Object.keys(inferencexRow()), changes.map(inferencexRow));

export const siliconRow = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  silicon_data_source: 'source_file=2026-01-01.csv; silicon_concurrency=8; measured=2026-01-02T03:04:05Z',
  backend: 'vllm',
  backend_version: '0.12.0',
  model_path: 'meta-llama/Llama-3.1-70B',
  system: 'h100_sxm',
  precision: 'fp8',
  isl: 1024,
  osl: 512,
  batch_size: '8.0',
  tp_size: '4.0',
  pp_size: '1.0',
  attention_dp_size: '1.0',
  moe_ep_size: '1.0',
  silicon_ttft_ms: 70.5,
  silicon_tpot_ms: 11.25,
  ...change,
});

export const siliconCsv = (...changes: Record<string, unknown>[]): string =>
  csv(Object.keys(siliconRow()), changes.map(siliconRow));
