import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readSnapshot } from '../../src/endpoint/metrics-snapshot.ts';
import { hostClock, type SendRecord } from '../../src/simulate/send-log.ts';
import { startEndpoint } from '../../src/simulate/server.ts';
import { body, chunksOf, endpoint, post } from './endpoint.ts';
import { card, device, parameters } from './factory.ts';

const getJson = async (url: string): Promise<unknown> => (await fetch(url)).json();

it('says what it serves', async () => {
  const { url } = await endpoint();
  expect(await getJson(`${url}/v1/models`)).toMatchObject({
    data: [{ id: card.id, root: card.id, max_model_len: 131_072 }],
  });
  expect(await getJson(`${url}/version`)).toEqual({
    version: expect.stringMatching(/^\d+\.\d+\.\d+\+simulated$/),
  });
  expect((await fetch(`${url}/health`)).status).toBe(200);
  expect((await fetch(`${url}/server_info`)).status).toBe(404);
  expect((await fetch(`${url}/v1/completions`)).status).toBe(405);
});

it('states the hidden truth in the time that clients see', async () => {
  const { url } = await endpoint({ device: device({ timeScale: 0.5, effects: ['jitter'], seed: 9 }) });
  expect(await getJson(`${url}/ridge/simulator`)).toMatchObject({
    parameters: {
      gemm_flop_per_s: parameters.gemm_flop_per_s * 2,
      request_overhead_s: parameters.request_overhead_s / 2,
    },
    effects: ['jitter'],
    seed: 9,
    model: card.id,
    accelerator: 'test-accelerator',
    tensor_parallel: 1,
    max_num_batched_tokens: 8192,
    max_num_seqs: 256,
  });
});

it('shows vLLM metrics that agree with what was served', async () => {
  const open = await endpoint();
  await Promise.all([1, 2, 3].map(async () => (await post(open, body())).text()));
  const text = await (await fetch(`${open.url}/metrics`)).text();
  const snapshot = readSnapshot(text, 0, 0);
  expect(snapshot).toMatchObject({
    generation_tokens: 18,
    prompt_tokens: 15,
    prefix_cache_hits: 0,
    prefix_cache_queries: 15,
    preemptions: 0,
    running: 0,
    waiting: 0,
    kv_usage: 0,
    cache: {
      block_size: 16,
      prefix_caching: true,
      capacity_tokens: open.state.device.settings.kvCapacityTokens,
    },
  });
  expect(snapshot.iteration_tokens?.sum).toBe(33);
  expect(snapshot.ttft_s?.count).toBe(3);
  expect(snapshot.tpot_s?.count).toBe(15);
  // Buckets are cumulative and end at the count.
  const buckets = [...text.matchAll(/time_to_first_token_seconds_bucket\{.*\} (\S+)/g)].map((match) =>
    Number(match[1]),
  );
  expect(buckets.at(-1)).toBe(3);
  expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
});

it('logs when each write was handed over', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ridge-simulate-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'sends.jsonl');
  const open = await startEndpoint({ device: device({ timeScale: 0.1 }), sendLogFile: file });
  const began = hostClock();
  const chunks = chunksOf(await (await post(open, body(), { 'x-request-id': 'mine' })).text());
  const ended = hostClock();
  await open.close();
  const records = (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SendRecord);
  expect(records.every((record) => record.client_request === 'mine')).toBe(true);
  expect(records.filter((record) => record.kind === 'received')).toHaveLength(1);
  const sent = records.filter((record) => record.tokens > 0 && record.kind === 'chunk');
  expect(sent).toHaveLength(chunks.length - 1);
  for (const { write_s, flushed_s } of sent) {
    expect(began < write_s && write_s <= flushed_s && flushed_s < ended).toBe(true);
  }
});

it('keeps its schedule on the real clock: late timers do not add up', async () => {
  // Steps of a sixth of a millisecond: a schedule that waited for one timer a step would take over two seconds.
  const open = await endpoint({ device: device({ timeScale: 0.02 }) });
  const began = performance.now();
  const text = await (await post(open, body({ max_tokens: 2000, min_tokens: 2000 }))).text();
  const seconds = (performance.now() - began) / 1000;
  const { engine } = open.state.live.loop;
  const { sum, count } = engine.metrics.inter_token_latency;
  expect([count, chunksOf(text).length]).toEqual([1999, 2001]);
  expect(sum).toBeLessThan(0.5);
  expect(seconds).toBeGreaterThan(sum);
  expect(seconds).toBeLessThan(sum + open.state.live.lagMaxSeconds + 1);
});
