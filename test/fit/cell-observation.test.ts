import { expect, test } from 'vitest';
import { mergeRepeats, usableMeasurement } from '../../src/fit/cell-observation.ts';
import type { EngineSettings } from '../../src/roofline/closed-form.ts';
import { measureSuite } from './virtual.ts';

const record = measureSuite([1]).records.find(({ cell }) => cell.concurrency === 64)!;
const engine: EngineSettings = {
  tensorParallel: 1,
  maxNumBatchedTokens: 8192,
  maxNumSeqs: 256,
  kvCapacityTokens: 100_000,
};
const rate = (measured: number, tokensPerSecond = 1000, concurrency = 64) =>
  usableMeasurement(
    {
      ...record,
      cell: { ...record.cell, concurrency },
      counts: { ...record.counts, measured },
      metrics: { ...record.metrics!, output_tokens_per_s: tokensPerSecond },
    },
    engine,
  )!;

test('throughput of few requests is as uncertain as the requests that the window cut', () => {
  const { output_tokens_per_s: few } = rate(100);
  expect(few!.tokens_per_s).toBe(1000);
  expect(few!.relative_error).toBeCloseTo((0.41 * 8) / 100, 3);
  expect(rate(100, 1000, 256).output_tokens_per_s!.relative_error).toBeCloseTo(2 * few!.relative_error, 9);
});

test('many requests leave half a percent, and none leave no throughput', () => {
  expect(rate(100_000).output_tokens_per_s!.relative_error).toBe(0.005);
  expect(rate(0).output_tokens_per_s).toBeNull();
});

test('repeats narrow it, unless they disagree', () => {
  const alone = rate(100).output_tokens_per_s!.relative_error;
  const agreeing = mergeRepeats([rate(100), rate(100)])[0]!.output_tokens_per_s!;
  expect(agreeing.relative_error).toBeCloseTo(alone / Math.SQRT2, 9);
  const apart = mergeRepeats([rate(100, 800), rate(100, 1200)])[0]!.output_tokens_per_s!;
  expect(apart.tokens_per_s).toBe(1000);
  expect(apart.relative_error).toBeCloseTo(0.2, 9);
});
