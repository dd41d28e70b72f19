import { describe, expect, test } from 'vitest';
import { runCell } from '../../src/agent/run-cell.ts';
import { identifyEndpoint } from '../../src/endpoint/identify.ts';
import { scrapeMetrics } from '../../src/endpoint/metrics.ts';
import { resetPrefixCache } from '../../src/endpoint/reset-cache.ts';
import type { ModelCard } from '../../src/model/card.ts';
import { withDraft } from '../../src/model/draft.ts';
import { createDevice } from '../../src/simulate/device.ts';
import { POSES } from '../../src/simulate/poses.ts';
import type { EndpointOptions, SimulatedEndpoint } from '../../src/simulate/server.ts';
import { protocolSchema, stopSchema } from '../../src/suite/schema.ts';
import { accelerator, card } from '../fit/virtual.ts';
import { body, endpoint, post } from '../simulate/endpoint.ts';

const access = ({ url }: SimulatedEndpoint) => ({ url, apiKey: null, apiKeyEnv: null });
const identify = (open: SimulatedEndpoint) => identifyEndpoint({ ...access(open), model: null });
const as = (pose: keyof typeof POSES, more: Partial<EndpointOptions> = {}) =>
  endpoint({ pose: POSES[pose], ...more });

describe('another engine', () => {
  test('SGLang says its settings, counts at the end of requests, and can flush its cache', async () => {
    const found = await identify(await as('sglang'));
    expect(found).toMatchObject({
      engine: { name: 'sglang', version: '0.32.0+simulated' },
      max_num_seqs: 256,
      max_num_batched_tokens: 8192,
      cache_reset: '/flush_cache',
      graph_sizes: [],
      metrics_path: '/metrics',
      features: { cache_salt: false, continuous_usage: true, return_token_ids: false, metrics: true },
    });
    expect(found.kv_capacity_tokens).toBeGreaterThan(1000);
    expect(found.warnings.join('\n')).toMatch(
      /not vLLM \(sglang\).*cannot be compared over a window.*flush_cache/s,
    );
  });

  test('TensorRT-LLM has its Prometheus page elsewhere, and no counts at all', async () => {
    const found = await identify(await as('trtllm'));
    expect(found).toMatchObject({
      engine: { name: 'tensorrt-llm', version: '0.32.0+simulated' },
      metrics_path: '/prometheus/metrics',
      cache_reset: null,
      model: { max_length_tokens: null },
      features: { continuous_usage: false, return_token_ids: false },
    });
    expect(found.warnings.join('\n')).toMatch(/token counts, running requests.*n_first_unknown/s);
  });

  test('llama-server says its slots and the length that each of them has', async () => {
    const found = await identify(await as('llama-server'));
    expect(found).toMatchObject({
      engine: { name: 'llama-server', version: 'b0.32.0+simulated' },
      max_num_seqs: 256,
      metrics_path: '/metrics',
      features: { continuous_usage: false, cache_salt: false },
    });
    expect(found.model.max_length_tokens).toBeGreaterThan(100);
  });

  test('vLLM in its development mode says its settings and forgets its prefixes', async () => {
    const plain = await identify(await as('vllm'));
    expect(plain).toMatchObject({ max_num_seqs: null, cache_reset: null });
    expect(plain).not.toHaveProperty('graph_sizes');
    const found = await identify(await as('vllm', { devMode: true }));
    expect(found).toMatchObject({ max_num_seqs: 256, cache_reset: '/reset_prefix_cache', graph_sizes: [] });
  });
});

test.each([
  ['vllm', 'ngram', 'draft_model'],
  ['sglang', 'ngram', 'standalone'],
] as const)('%s says how it proposes tokens', async (pose, method, withModel) => {
  const open = (served: ModelCard) =>
    as(pose, {
      devMode: true,
      device: createDevice({ accelerator, card: served, speculation: { draftTokens: 3, acceptance: 0.5 } }),
    });
  expect((await identify(await open(card))).proposer).toEqual({ method, model: null, draft_tokens: 3 });
  const drafted = withDraft(card, { ...card, id: 'small' });
  expect((await identify(await open(drafted))).proposer).toEqual({
    method: withModel,
    model: 'small',
    draft_tokens: 3,
  });
  expect(await identify(await as(pose, { devMode: true }))).not.toHaveProperty('proposer');
});

test.each(['vllm', 'sglang'] as const)('a reset makes %s forget what it has seen', async (pose) => {
  const open = await as(pose, { devMode: true });
  const { cache_reset } = await identify(open);
  const prompt = Array.from({ length: 64 }, (_, id) => 100 + id);
  const ask = async (): Promise<void> => void (await (await post(open, body({ prompt }))).text());
  const hits = async (): Promise<number> => (await scrapeMetrics(open.url))!.prefix_cache_hits!;
  await ask();
  const before = await hits();
  await ask();
  const again = await hits();
  expect(again).toBeGreaterThan(before);
  expect(await resetPrefixCache(access(open), cache_reset)).toBe(true);
  await ask();
  expect(await hits()).toBe(again);
  expect(await resetPrefixCache(access(open), null)).toBe(false);
});

test.each([
  ['vllm', 3, 'server', []],
  ['sglang', 2, 'server', []],
  ['llama-server', 1, 'chunks', ['n_first_unknown']],
  // Nobody says how many tokens a chunk holds: the stream's own usage shows that they were miscounted.
  ['trtllm', 2, 'chunks', ['token_count_mismatch', 'n_first_unknown']],
] as const)('a cell on %s with %i tokens a chunk', async (pose, tokensPerChunk, counted, codes) => {
  const open = await as(pose, { tokensPerChunk });
  const known = await identify(open);
  const lines: string[] = [];
  const { reasons, metrics } = await runCell(
    { url: open.url, model: null, api_key: null, api_key_env: null },
    known,
    {
      kind: 'load',
      input_tokens: 16,
      output_tokens: 13,
      concurrency: 2,
      arrivals: null,
      kv_fill: null,
      seed: 1,
      max_length_tokens: null,
      max_num_seqs: null,
      vocabulary_size: null,
      first_of_shape: false,
      protocol: protocolSchema.parse({ output_jitter: [1, 1] }),
      stop: stopSchema.parse({ min_requests: 20, max_requests: 40, min_s: 0.1, confidence_half_width: 0.5 }),
      objectives: null,
    },
    {
      progress: () => undefined,
      requests: (more) => void lines.push(...more),
      steps: () => undefined,
    },
    new AbortController().signal,
  );
  const found = reasons.map(({ code }) => code);
  for (const code of codes) expect(found).toContain(code);
  expect(found.includes('multi_token_chunks')).toBe(counted === 'server' && tokensPerChunk > 1);
  expect(found).not.toContain('request_failed');
  expect(found).not.toContain('output_length_off');
  const requests = lines.map((line) => JSON.parse(line));
  const whole = requests.filter(
    ({ role, output_tokens, outcome }) =>
      role === 'load' && output_tokens === 13 && outcome.state === 'completed',
  );
  for (const { tokens_counted_by } of whole) expect(tokens_counted_by).toBe(counted);
  if (counted !== 'server') return;
  for (const { chunk_tokens } of whole) {
    const sum = chunk_tokens.reduce((total: number, count: number) => total + count, 0);
    expect([sum, chunk_tokens[0]]).toEqual([13, tokensPerChunk]);
  }
  // TPOT is over the tokens after those of the first chunk, not over chunks.
  const tpots = whole.map(
    ({ chunk_steps_us: [, ...gaps] }) =>
      gaps.reduce((total: number, gap: number) => total + gap, 0) / 1e3 / (13 - tokensPerChunk),
  );
  expect(metrics!.tpot_ms!.mean).toBeGreaterThanOrEqual(Math.min(...tpots));
  expect(metrics!.tpot_ms!.mean).toBeLessThanOrEqual(Math.max(...tpots));
});
