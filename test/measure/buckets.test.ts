import { expect, test } from 'vitest';
import { bucketFor, decodingTimes, paddedSizes } from '../../src/measure/buckets.ts';
import { judgeBuckets } from '../../src/measure/judge/buckets.ts';
import type { Case } from '../../src/measure/judge/case.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import { bucketsSchema } from '../../src/suite/buckets.ts';
import { thresholdsOf } from '../../src/suite/thresholds.ts';

const buckets = bucketsSchema.parse({
  prompt: [
    [1, 128, 0],
    [1, 1024, 0],
    [4, 1024, 0],
    [1, 1024, 8],
    [1, 128, 64],
  ],
  decode: [
    [1, 1, 64],
    [2, 1, 64],
    [4, 1, 64],
    [4, 1, 256],
  ],
});

test('a shape goes into the smallest bucket that holds it, and into none beyond the largest', () => {
  expect(bucketFor(buckets.prompt, [1, 100, 0])).toEqual([1, 128, 0]);
  expect(bucketFor(buckets.prompt, [1, 129, 0])).toEqual([1, 1024, 0]);
  expect(bucketFor(buckets.prompt, [2, 129, 0])).toEqual([4, 1024, 0]);
  expect(bucketFor(buckets.prompt, [1, 1025, 0])).toBeNull();
  // Fewest query tokens first, whatever its context is.
  expect(bucketFor(buckets.prompt, [1, 100, 8])).toEqual([1, 128, 64]);
  expect(bucketFor(buckets.prompt, [1, 200, 8])).toEqual([1, 1024, 8]);
  expect(bucketFor(buckets.decode, [3, 1, 65])).toEqual([4, 1, 256]);
});

const decoding = (first: number, last: number): RequestTimeline => ({
  sequence: 0,
  stream: 0,
  role: 'load',
  input_tokens: 200,
  output_tokens: 40,
  scheduled_s: 0,
  sent_s: 0,
  first_byte_s: first,
  chunks: { at_s: [first, last], tokens: [1, 1], bound_s: [0, 0] },
  usage: null,
  tokens_counted_by: 'server',
  ended_s: last,
  outcome: { state: 'completed', finish_reason: 'length' },
  first_choices_s: first,
});

test('how long so many requests decoded adds up to the window', () => {
  const window = { opened_s: 1, closed_s: 11 };
  const times = decodingTimes([decoding(0, 5), decoding(3, 9), decoding(20, 21)], window);
  expect(Object.fromEntries(times)).toEqual({ 1: 2 + 4, 2: 2, 0: 2 });
});

test('a cell has its true and its padded sizes', () => {
  const requests = [0, 0, 0].map(() => decoding(0, 10));
  expect(paddedSizes(buckets, { timelines: requests, window: { opened_s: 1, closed_s: 9 } })).toEqual({
    input_tokens: 200,
    padded_input_tokens: 1024,
    batch: 3,
    padded_batch: 4,
    kv_blocks: 6,
    padded_kv_blocks: 64,
  });
});

test('of a cell with cached prompts they are of what is computed, and of the context that it finds', () => {
  const cached = { tokens: 120, block_size: 16 };
  const sizes = paddedSizes(buckets, {
    timelines: [decoding(0, 10)],
    window: { opened_s: 1, closed_s: 9 },
    cached,
  });
  // 112 tokens are whole blocks of the cache, and begin one of 128.
  expect(sizes).toMatchObject({
    input_tokens: 88,
    padded_input_tokens: 128,
    context_blocks: 1,
    padded_context_blocks: 64,
    kv_blocks: 2,
  });
});

test('a batch that leaves its bucket for more than a moment is flagged', () => {
  const judged = (requests: readonly RequestTimeline[]) =>
    judgeBuckets({
      evidence: { buckets, timelines: requests },
      window: { opened_s: 1, closed_s: 11 },
      thresholds: thresholdsOf(undefined),
    } as unknown as Case);
  const always = [decoding(0, 20), decoding(0, 20), decoding(0, 20)];
  expect(judged(always)).toBeNull();
  expect(judged([...always.slice(1), decoding(1.05, 20)])).toBeNull();
  expect(judged([...always.slice(1), decoding(3, 20)])).toMatchObject({
    code: 'bucket_changed',
    effect: 'flagged',
    fit: 'use',
    value: expect.closeTo(0.2, 9),
    message: '20 % of the time in another batch bucket than 4 (seen: 2, 4)',
  });
  expect(judged([])).toBeNull();
});
