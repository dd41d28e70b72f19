import { describe, expect, test } from 'vitest';
import { sampleGauges, scrapeMetrics, snapshotDelta } from '../../src/endpoint/metrics.ts';
import { readSnapshot } from '../../src/endpoint/metrics-snapshot.ts';
import { parsePrometheus } from '../../src/endpoint/prometheus.ts';
import { summariseGauges } from '../../src/endpoint/snapshot-delta.ts';
import { fakeServer } from './fake-server.ts';

const page = `# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 3.0
vllm:num_requests_waiting{engine="0",model_name="m"} 1.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
vllm:cache_config_info{block_size="16",cache_dtype="auto",enable_prefix_caching="True",engine="0",num_gpu_blocks="1000"} 1.0
vllm:generation_tokens_total{engine="0",model_name="m"} 1.2e+03
vllm:prompt_tokens_total{engine="0",model_name="m"} 4000.0
vllm:prefix_cache_queries_total{engine="0",model_name="m"} 4000.0
vllm:prefix_cache_hits_total{engine="0",model_name="m"} 16.0
vllm:num_preemptions_total{engine="0",model_name="m"} 0.0
vllm:iteration_tokens_total_bucket{engine="0",le="1.0",model_name="m"} 5.0
vllm:iteration_tokens_total_sum{engine="0",model_name="m"} 5200.0
vllm:iteration_tokens_total_count{engine="0",model_name="m"} 300.0
vllm:time_to_first_token_seconds_sum{engine="0",model_name="m"} 4.0
vllm:time_to_first_token_seconds_count{engine="0",model_name="m"} 10.0
vllm:inter_token_latency_seconds_sum{engine="0",model_name="m"} 12.0
vllm:inter_token_latency_seconds_count{engine="0",model_name="m"} 1190.0
vllm:estimated_flops_per_gpu_total{engine="0",model_name="m"} 6e12
process_cpu_seconds_total 12.5
`;

describe('the Prometheus text format', () => {
  test('labels may hold commas, braces, escapes and nothing', () => {
    expect(
      parsePrometheus(
        'a{x="1,}",y="q\\"\\\\\\n",z=""} 1\nb 2 1700000000\nc{} +Inf\nd{le="0.5",} 3\r\n# c\n\n',
      ),
    ).toEqual([
      { name: 'a', labels: { x: '1,}', y: 'q"\\\n', z: '' }, value: 1 },
      { name: 'b', labels: {}, value: 2, at_ms: 1_700_000_000 },
      { name: 'c', labels: {}, value: Number.POSITIVE_INFINITY },
      { name: 'd', labels: { le: '0.5' }, value: 3 },
    ]);
  });

  test.each(['a', 'a{', 'a{x=1} 2', 'a{x="1} 2', 'a NaN', '{x="1"} 1', 'a 1z'])('%j is left out', (line) => {
    expect(parsePrometheus(line)).toEqual([]);
  });

  test('labels have no prototype', () => {
    const [sample] = parsePrometheus('a{__proto__="x"} 1');
    expect(Object.keys(sample!.labels)).toEqual(['__proto__']);
  });
});

describe('a snapshot', () => {
  test('holds what cells are judged by', () => {
    expect(readSnapshot(page, 5, 0.01)).toEqual({
      at_s: 5,
      bound_s: 0.01,
      generation_tokens: 1200,
      prompt_tokens: 4000,
      prefix_cache_hits: 16,
      prefix_cache_queries: 4000,
      preemptions: 0,
      iteration_tokens: { sum: 5200, count: 300 },
      ttft_s: { sum: 4, count: 10 },
      tpot_s: { sum: 12, count: 1190 },
      running: 3,
      waiting: 1,
      kv_usage: 0.25,
      spec_drafts: null,
      spec_draft_tokens: null,
      spec_accepted_tokens: null,
      estimated_flop: 6e12,
      estimated_read_bytes: null,
      estimated_write_bytes: null,
      cache: { blocks: 1000, block_size: 16, capacity_tokens: 16000, dtype: 'auto', prefix_caching: true },
      kv_transfer: null,
    });
  });

  test('knows older spellings', () => {
    const old = readSnapshot(
      [
        'vllm:gpu_cache_usage_perc 0.5',
        'vllm:gpu_prefix_cache_hits_total 8',
        'vllm:time_per_output_token_seconds_sum 2',
        'vllm:time_per_output_token_seconds_count 100',
        'vllm:cache_config_info{block_size="16",kv_cache_size_tokens="999",num_gpu_blocks="None",enable_prefix_caching="False"} 1',
      ].join('\n'),
      0,
      0,
    );
    expect(old).toMatchObject({ kv_usage: 0.5, prefix_cache_hits: 8, tpot_s: { sum: 2, count: 100 } });
    expect(old.cache).toMatchObject({ blocks: null, capacity_tokens: 999, prefix_caching: false });
    expect(old.generation_tokens).toBeNull();
  });

  test('adds engines, and takes a gauge once however many front ends repeat it', () => {
    const text = [
      'vllm:num_requests_running{engine="0",pid="1"} 4',
      'vllm:num_requests_running{engine="0",pid="2"} 4',
      'vllm:num_requests_running{engine="1",pid="1"} 2',
      'vllm:kv_cache_usage_perc{engine="0"} 0.2',
      'vllm:kv_cache_usage_perc{engine="1"} 0.6',
      'vllm:generation_tokens_total{engine="0"} 10',
      'vllm:generation_tokens_total{engine="1"} 5',
      'vllm:cache_config_info{engine="0",num_gpu_blocks="10",block_size="16"} 1',
      'vllm:cache_config_info{engine="1",num_gpu_blocks="10",block_size="16"} 1',
    ].join('\n');
    const snapshot = readSnapshot(text, 0, 0);
    expect(snapshot).toMatchObject({ running: 6, kv_usage: 0.6, generation_tokens: 15 });
    expect(snapshot.cache?.capacity_tokens).toBe(320);
  });
});

describe('a delta', () => {
  const before = readSnapshot(page, 5, 0);

  test('is what the counters did, with means from the histograms and gauges from their samples', () => {
    const after = {
      ...before,
      generation_tokens: 1500,
      ttft_s: { sum: 5, count: 14 },
      iteration_tokens: { sum: 5600, count: 330 },
    };
    const gauges = summariseGauges([before, { ...before, running: 5, kv_usage: 0.75 }]);
    expect(snapshotDelta(before, after, gauges)).toEqual({
      generation_tokens: 300,
      prompt_tokens: 0,
      prefix_cache_hits: 0,
      prefix_cache_queries: 0,
      preemptions: 0,
      engine_steps: 30,
      mean_running: 4,
      mean_waiting: 1,
      max_kv_usage: 0.75,
      ttft_mean_s: 0.25,
      tpot_mean_s: null,
      spec_drafts: null,
      spec_draft_tokens: null,
      spec_accepted_tokens: null,
      estimated_flop: 0,
      estimated_read_bytes: null,
      estimated_write_bytes: null,
      kv_transfer: null,
    });
  });

  test('of a server that started anew in between is unknown', () => {
    const delta = snapshotDelta(before, { ...before, generation_tokens: 3, prompt_tokens: null }, null);
    expect(delta.generation_tokens).toBeNull();
    expect(delta.prompt_tokens).toBeNull();
  });
});

test('scrapes a server, and is null for one whose metrics nobody knows', async () => {
  const vllm = await fakeServer(() => {}, { '/metrics': page });
  const other = await fakeServer(() => {}, { '/metrics': 'go_goroutines 1\n' });
  const none = await fakeServer(() => {});
  const snapshot = await scrapeMetrics(`${vllm.url}/v1/`);
  expect(snapshot?.generation_tokens).toBe(1200);
  expect(Math.abs(snapshot!.at_s - performance.now() / 1000)).toBeLessThan(5);
  expect(snapshot!.bound_s).toBeGreaterThan(0);
  expect(await scrapeMetrics(other.url)).toBeNull();
  expect(await scrapeMetrics(none.url)).toBeNull();
  await expect(scrapeMetrics('http://127.0.0.1:9')).rejects.toThrow('ECONNREFUSED');
});

test('gauges are sampled until stopped; a scrape that fails is left out', async () => {
  let calls = 0;
  const enough = Promise.withResolvers<void>();
  const sampler = sampleGauges(async () => {
    calls += 1;
    if (calls === 4) enough.resolve();
    if (calls === 2) throw new Error('busy');
    return readSnapshot(`vllm:num_requests_running ${calls}`, 0, 0);
  }, 1);
  await enough.promise;
  const summary = await sampler.stop();
  const after = calls;
  expect(summary.mean_running).toBeGreaterThanOrEqual(8 / 3);
  expect(summary.max_kv_usage).toBeNull();
  expect(calls).toBe(after);
});
