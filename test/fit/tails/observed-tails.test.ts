import { expect, test } from 'vitest';
import { mergeTails, observedTails } from '../../../src/fit/tails/observed-tails.ts';
import type { CellMetrics, Statistic } from '../../../src/run/schema.ts';

const statistic = (mean: number, percentiles: Statistic['percentiles']): Statistic => ({
  n: 1000,
  mean,
  standard_deviation: null,
  half_width_95: null,
  percentiles,
});

const metrics = (gaps: number, single: number | null): CellMetrics =>
  ({
    ttft_ms: statistic(120, [
      { q: 0.5, value: 100 },
      { q: 0.999, value: 900 },
    ]),
    tpot_ms: statistic(20, []),
    e2e_ms: null,
    icl_ms: statistic(gaps, [{ q: 0.99, value: 80 }]),
    single_token_chunks: single,
  }) as unknown as CellMetrics;

test('percentiles of gaps count where chunks carry one token, or their mean is TPOT', () => {
  expect(observedTails(metrics(20, 1))).toEqual({ ttft_p50_ms: 0.1, tbt_p99_ms: 0.08 });
  expect(observedTails(metrics(20.3, null)).tbt_p99_ms).toBe(0.08);
  expect(observedTails(metrics(200, null)).tbt_p99_ms).toBeUndefined();
  expect(observedTails(metrics(20, 0.5)).tbt_p99_ms).toBeUndefined();
});

test('repeats become their median, each percentile by those that have it', () => {
  const merged = mergeTails([{ ttft_p99_ms: 1 }, { ttft_p99_ms: 2, tbt_p99_ms: 5 }, { ttft_p99_ms: 70 }]);
  expect(merged).toEqual({ ttft_p99_ms: 2, tbt_p99_ms: 5 });
});
