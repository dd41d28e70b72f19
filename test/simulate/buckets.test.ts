import { expect, test } from 'vitest';
import { runCell } from '../../src/agent/run-cell.ts';
import { identifyEndpoint } from '../../src/endpoint/identify.ts';
import { AttentionWork, stepWork } from '../../src/roofline/step-work.ts';
import { LogReader } from '../../src/server/log-facts.ts';
import { BUCKET_LINES, BUCKETS, createCompileStalls } from '../../src/simulate/buckets.ts';
import { bucketsSchema } from '../../src/suite/buckets.ts';
import { protocolSchema, stopSchema } from '../../src/suite/schema.ts';
import { endpoint } from './endpoint.ts';
import { device } from './factory.ts';

const step = (decodes: number, ...tokens: number[]) => ({
  decodes,
  decodeContext: 100,
  prefills: tokens.map((one) => ({ tokens: one, context: 0, completes: true })),
});

const piece = (tokens: number, context: number) => ({
  decodes: 0,
  decodeContext: 0,
  prefills: [{ tokens, context, completes: true }],
});

test('a step is computed at the size of its buckets', () => {
  const { card, settings } = device({ buckets: 'warm' });
  const padded = new AttentionWork(card, undefined, settings.padding);
  const plain = new AttentionWork(card);
  expect(stepWork(padded, step(5, 130, 8))).toMatchObject({ tokens: 8 + 256 + 128, sampled: 8 + 2 });
  // 500 tokens of KV are 32 blocks of 16.
  expect(stepWork(padded, step(5)).attentionFlop).toBeCloseTo(
    (stepWork(plain, step(5)).attentionFlop * 512) / 500,
  );
  expect(stepWork(padded, step(0, 9000))).toEqual(stepWork(plain, step(0, 9000)));
  // 400 tokens of context are 25 blocks of 16.
  expect(stepWork(padded, piece(256, 400)).attentionFlop).toBe(
    stepWork(plain, piece(256, 512)).attentionFlop,
  );
});

test('the log of a server with buckets says them as Gaudi does', () => {
  const reader = new LogReader();
  for (const line of BUCKET_LINES) reader.read(line);
  const { prompt_buckets: prompt, decode_buckets: decode } = reader.facts;
  expect(bucketsSchema.parse({ prompt, decode, block_size: 16 })).toEqual(BUCKETS);
});

test('a shape stalls when it is first seen, of a warm server only beyond its buckets', () => {
  const cold = createCompileStalls('cold', 1);
  expect([cold(step(3)), cold(step(4)), cold(step(5)), cold(step(5, 100))]).toEqual([1.5, 0, 1.5, 1.5]);
  expect([cold(piece(100, 16)), cold(piece(100, 17)), cold(piece(100, 32))]).toEqual([1.5, 1.5, 0]);
  const warm = createCompileStalls('warm', 1);
  expect([warm(step(3, 100)), warm(step(3, 9000)), warm(step(3, 9000))]).toEqual([0, 1.5, 0]);
});

const powersOfTwo = [1, 2, 4, 8];
const buckets = bucketsSchema.parse({
  prompt: powersOfTwo.map((batch) => [batch, 128, 0]),
  decode: powersOfTwo.map((batch) => [batch, 1, 512]),
});

test.each([
  ['the first cell of a shape is touched before it is measured, twice by every stream', { first: true }, 12],
  ['a later one is not', { first: false }, 0],
  ['without known shapes one request waits for what compiles at first use', { first: true, touch: true }, 1],
] as const)('%s', async (_, { first, ...rest }, touched) => {
  const onlyFirstUse = 'touch' in rest;
  const { url, state } = await endpoint({ device: device({ timeScale: 0.02, buckets: 'cold' }) });
  const access = { url, apiKey: null, apiKeyEnv: null };
  const known = await identifyEndpoint({ ...access, model: null });
  const before = state.live.loop.engine.metrics.request_success.length;
  const { reasons, padded, snapshots } = await runCell(
    { url, model: null, api_key: null, api_key_env: null },
    known,
    {
      kind: 'load',
      input_tokens: 100,
      output_tokens: 24,
      concurrency: 6,
      arrivals: null,
      kv_fill: null,
      seed: 1,
      max_length_tokens: null,
      max_num_seqs: null,
      vocabulary_size: null,
      first_of_shape: first,
      protocol: protocolSchema.parse({}),
      stop: stopSchema.parse({ min_requests: 40, max_requests: 60, min_s: 0.1, confidence_half_width: 0.5 }),
      objectives: null,
      ...(onlyFirstUse ? { touch_first: true } : { buckets }),
    },
    { progress: () => undefined, requests: () => undefined, steps: () => undefined },
    new AbortController().signal,
  );
  expect(snapshots.touched_requests).toBe(touched);
  expect(state.live.loop.engine.metrics.request_success.length - before).toBeGreaterThan(40 + touched);
  expect(padded === undefined).toBe(onlyFirstUse);
  if (onlyFirstUse) return;
  expect(padded).toMatchObject({ input_tokens: 100, padded_input_tokens: 128, padded_kv_blocks: 512 });
  expect(padded!.batch).toBeGreaterThan(0);
  expect(padded!.padded_batch).toBe(2 ** Math.ceil(Math.log2(padded!.batch)));
  expect(reasons.map(({ code }) => code)).not.toContain('request_failed');
});
