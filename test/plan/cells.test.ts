import { expect, test } from 'vitest';
import { longestRequest, resolvePoints, streamsForFill } from '../../src/plan/cells.ts';
import { factsOf, point } from './facts.ts';

const protocol = { output_jitter: [0.9, 1.1] as [number, number] };

test('a KV share becomes the streams whose mean lengths fill it', () => {
  expect(streamsForFill(1, 100_000, 900, 200)).toBe(100);
  expect(streamsForFill(0.001, 1000, 900, 200)).toBe(1);
  const fill = point({ load: { kind: 'kv_fill', fill: 0.5 }, input_tokens: 900, output_tokens: 200 });
  const { points } = resolvePoints([fill], factsOf({ kvCapacityTokens: 100_000 }), protocol);
  expect(points[0]).toMatchObject({ concurrency: 50, kv_fill: 0.5 });
});

test('a KV share without a known capacity is skipped, and the key that is missing is named', () => {
  const fill = point({ load: { kind: 'kv_fill', fill: 1 } });
  const facts = factsOf({ kvCapacityTokens: null, accelerator: null });
  const { points, skipped } = resolvePoints([fill], facts, protocol);
  expect(points).toEqual([]);
  expect(skipped[0]).toMatchObject({ reason: 'kv_capacity_unknown', load: 'kv_fill 1' });
  expect(skipped[0]!.message).toContain('kv_capacity_tokens');
});

test('the longest drawn output counts against the maximum', () => {
  const fits = point({ input_tokens: 900, output_tokens: 100 });
  const facts = factsOf({ maxLengthTokens: 1010 });
  expect(resolvePoints([fits], facts, protocol).skipped).toEqual([]);
  const { skipped } = resolvePoints([fits], factsOf({ maxLengthTokens: 1009 }), protocol);
  expect(skipped[0]).toMatchObject({
    reason: 'over_length',
    message: 'needs 1010 tokens (900 in, up to 110 out), h100 serves at most 1009',
  });
});

test('a point meant for other tensor parallel sizes is none of this target', () => {
  const points = [point({ tensor_parallel: [2, 4] }), point({ tensor_parallel: [1] }), point()];
  const on = (tensorParallel: number): number =>
    resolvePoints(points, factsOf({ tensorParallel }), protocol).points.length;
  expect([on(1), on(2), on(8)]).toEqual([2, 2, 1]);
});

test('disaggregated cells are measured on pairs alone; a batch has no jitter in its length', () => {
  const handed = point({ kind: 'disaggregated' });
  expect(resolvePoints([handed], factsOf({ pair: true }), protocol).points).toHaveLength(1);
  const { points, skipped } = resolvePoints([handed], factsOf(), protocol);
  expect(points).toEqual([]);
  expect(skipped[0]).toMatchObject({ reason: 'no_pair', message: expect.stringContaining('prefill') });
  const longest = (kind: 'load' | 'decode'): number =>
    longestRequest(point({ kind, input_tokens: 100, output_tokens: 100 }), { output_jitter: [0.9, 1.1] });
  expect([longest('load'), longest('decode')]).toEqual([210, 200]);
});
