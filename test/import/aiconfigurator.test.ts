import { describe, expect, test } from 'vitest';
import { importAiconfigurator } from '../../src/import/import-rows.ts';
import { siliconCsv } from './samples.ts';

const GAP = 'source_file=/a/aic-auto-gap-analysis/b.csv; silicon_concurrency=16';

test('a row is means in milliseconds with the concurrency that the file states', () => {
  const { run, records } = importAiconfigurator(siliconCsv({ batch_size: '2.0' }));
  expect(records[0]).toMatchObject({
    cell: { input_tokens: 1024, output_tokens: 512, concurrency: 8 },
    started_at: '2026-01-02T03:04:05.000Z',
    metrics: {
      ttft_ms: { n: 80, mean: 70.5, standard_deviation: null, percentiles: [] },
      tpot_ms: { n: 80, mean: 11.25 },
      e2e_ms: null,
      output_tokens_per_s: null,
      mean_output_tokens: 460.8,
    },
  });
  expect(run.targets[0]).toMatchObject({
    name: 'h100-sxm-tp4',
    model_card: { precision: 'fp8' },
    driving: { kind: 'burst', requests_per_stream: 10, output_jitter: [0.8, 1] },
  });
});

test('the two protocols of the file become two targets', () => {
  const { run, records } = importAiconfigurator(siliconCsv({}, { silicon_data_source: GAP }));
  expect(run.targets.map(({ name }) => name)).toEqual([
    'h100-sxm-tp4-burst-exact',
    'h100-sxm-tp4-burst-jittered',
  ]);
  expect(run.targets[0]!.driving).toMatchObject({ input_jitter: [1, 1], output_jitter: [1, 1] });
  expect(records.map(({ metrics }) => metrics!.mean_output_tokens)).toEqual([512, 460.8]);
});

test('runs of its TensorRT-LLM rows are twice as long, and end at 2000 requests', () => {
  const of = (streams: number): object => ({
    silicon_data_source: `source_file=/a/aic-auto-gap-analysis/b.csv; silicon_concurrency=${streams}`,
    backend: 'trtllm',
    backend_version: '1.0.0rc3',
  });
  const { run, records } = importAiconfigurator(
    siliconCsv(of(16) as Record<string, unknown>, of(128) as Record<string, unknown>),
  );
  expect(records.map(({ metrics }) => metrics!.ttft_ms!.n)).toEqual([320, 2000]);
  expect(run.targets).toHaveLength(1);
  expect(run.targets[0]!.driving).toMatchObject({ requests_per_stream: 20, most_requests: 2000 });
  // Its generator sets them up for each row, with prompts computed whole.
  expect(run.targets[0]!).toMatchObject({ own_servers: true, whole_prompts: true });
});

test('of a server that was set up for its row the step is known, unless the user says another', () => {
  const text = siliconCsv({}, { silicon_data_source: GAP });
  const [own, shared] = importAiconfigurator(text).run.targets;
  expect(own!.budget_margin_tokens).toBe(1500);
  expect(own!.warnings.join()).toContain('batch + 1500');
  expect(shared).not.toHaveProperty('budget_margin_tokens');
  const told = importAiconfigurator(text, { settings: { max_num_batched_tokens: 4096 } }).run.targets;
  for (const target of told) {
    expect(target).not.toHaveProperty('budget_margin_tokens');
    expect(target.settings.max_num_batched_tokens.value).toBe(4096);
  }
});

test('without a stated concurrency it is the batch size times the attention ranks', () => {
  const { records } = importAiconfigurator(
    siliconCsv({ silicon_data_source: 'db-dump/2026-01-01', batch_size: '16.0', attention_dp_size: '4.0' }),
    { keep: ['attention-dp'] },
  );
  expect(records[0]!.cell.concurrency).toBe(64);
});

test('a blank precision is bf16', () => {
  const { run } = importAiconfigurator(siliconCsv({ precision: '' }));
  expect(run.targets[0]!.model_card!.precision).toBe('bf16');
});

describe('cleaning rules', () => {
  const source = (facts: string): object => ({ silicon_data_source: `${GAP}; ${facts}` });
  test.each([
    ['gtl-job', source('gtl_job_id=12')],
    ['work-in-progress', source('wip=True')],
    [
      'seat-limit',
      { model_path: 'openai/gpt-oss-120b', silicon_data_source: 'db-dump/x; silicon_concurrency=512' },
    ],
    ['attention-dp', { attention_dp_size: '2.0' }],
    ['pipeline-parallel', { pp_size: '2.0' }],
  ])('%s', (rule, change) => {
    const text = siliconCsv(
      source('wip=False') as Record<string, unknown>,
      change as Record<string, unknown>,
    );
    const { run, records } = importAiconfigurator(text);
    expect(records).toHaveLength(1);
    expect(run.imported!.removed).toEqual([expect.objectContaining({ rule, rows: 1, lines: [3] })]);
    expect(importAiconfigurator(text, { keep: [rule] }).records).toHaveLength(2);
  });
});

test('a row that does not say how it was measured is a bad row', () => {
  const { run } = importAiconfigurator(siliconCsv({}, { silicon_data_source: 'elsewhere' }));
  expect(run.imported!.bad_rows).toEqual([
    { line: 3, problem: 'silicon_data_source does not tell how the row was measured' },
  ]);
});

test('medians are refused: the file has none', () => {
  expect(() => importAiconfigurator(siliconCsv({}), { statistic: 'median' })).toThrow(/means only/);
});

test('what the user knows of the engine and the model goes into the targets', () => {
  const config = {
    model_type: 'llama',
    num_hidden_layers: 2,
    hidden_size: 64,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    intermediate_size: 128,
    vocab_size: 1000,
  };
  const { run } = importAiconfigurator(siliconCsv({ model_path: 'own/model', backend_version: '' }), {
    engine: { name: 'vllm', version: '9.9' },
    modelConfig: config,
    settings: { max_num_seqs: 256, kv_cache_dtype: 'fp8', graph_sizes: [1, 2, 4] },
  });
  expect(run.targets[0]).toMatchObject({
    engine: { name: 'vllm', version: '9.9' },
    model_card: { id: 'own/model', layers: 2, kv_bytes_per_element: 1 },
    settings: {
      max_num_seqs: { value: 256, source: 'lab' },
      kv_capacity_tokens: { value: null, source: 'unknown' },
      kv_cache_dtype: 'fp8',
    },
    graph_sizes: [1, 2, 4],
    warnings: [expect.stringContaining('max_num_batched_tokens, kv_capacity_tokens')],
  });
  const two = siliconCsv({}, { model_path: 'own/model' });
  expect(() => importAiconfigurator(two, { modelConfig: config })).toThrow(/the rows hold 2/);
});

test('a model that nobody knows is imported with a warning', () => {
  const { run } = importAiconfigurator(siliconCsv({ model_path: 'own/model' }));
  expect(run.targets[0]!.model_card).toBeNull();
  expect(run.targets[0]!.warnings[0]).toContain('--model-config FILE');
});
