import { describe, expect, test } from 'vitest';
import { usableMeasurement } from '../../src/fit/cell-observation.ts';
import { mergeRepeats } from '../../src/fit/merge-repeats.ts';
import type { Driving } from '../../src/roofline/driving.ts';
import type { EngineSettings } from '../../src/roofline/serving.ts';
import { noCounters } from '../measure/cells.ts';
import { measureSuite } from './virtual.ts';

const steady: Driving = { kind: 'steady', output_jitter: [0.9, 1.1] };
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
    steady,
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

test('a run that drifted knows its latencies no better than its anchors agree', () => {
  const sound = usableMeasurement(record, engine, steady)!;
  const drift = {
    code: 'drift',
    effect: 'flagged',
    fit: 'use',
    message: '',
    value: -0.12,
    threshold: 0.01,
  } as const;
  const drifted = usableMeasurement({ ...record, reasons: [...record.reasons, drift] }, engine, steady)!;
  for (const metric of ['ttft', 'tpot', 'e2e'] as const) {
    expect(drifted[metric]!.seconds).toBe(sound[metric]!.seconds);
    const own = sound[metric]!.relative_error;
    expect(drifted[metric]!.relative_error).toBeCloseTo(Math.hypot(own, 0.12 / Math.sqrt(12)), 9);
  }
});

describe('statistics of other people’s files', () => {
  const burst = (statistic: 'mean' | 'median'): Driving => ({
    kind: 'burst',
    requests_per_stream: 10,
    input_jitter: [0.8, 1],
    output_jitter: [0.8, 1],
    statistic,
  });
  const imported = (
    n: number,
    driving: Driving,
    percentiles: readonly { q: number; value: number }[] = [],
  ) => {
    const metrics = record.metrics!;
    const statistic = {
      ...metrics.ttft_ms!,
      n,
      mean: 120,
      half_width_95: null,
      percentiles: [...percentiles],
    };
    return usableMeasurement(
      { ...record, metrics: { ...metrics, ttft_ms: statistic, tpot_ms: { ...statistic, mean: 12 } } },
      engine,
      driving,
    )!;
  };

  test('without a half-width a mean is as uncertain as repeats by others are, a single sample more', () => {
    const many = imported(640, burst('mean'));
    expect([many.ttft!.relative_error, many.tpot!.relative_error]).toEqual([0.03, 0.01]);
    expect(imported(1, burst('mean')).ttft!.relative_error).toBe(0.05);
  });

  test('a median is compared with a median; where only a mean is known there is nothing to compare', () => {
    expect(imported(640, burst('median'), [{ q: 0.5, value: 100 }]).ttft!.seconds).toBe(0.1);
    expect(imported(640, burst('mean'), [{ q: 0.5, value: 100 }]).ttft!.seconds).toBe(0.12);
    expect(imported(640, burst('median'))).toBeNull();
  });

  test('cells driven in another way are no repeats', () => {
    const [mean, median] = [imported(640, burst('mean')), imported(640, steady)];
    expect(mergeRepeats([mean, median])).toHaveLength(2);
    expect(mergeRepeats([mean, mean])).toHaveLength(1);
  });
});

describe('cells of one phase', () => {
  const of = (kind: 'prefill' | 'decode' | 'disaggregated', output_tokens: number) =>
    usableMeasurement({ ...record, cell: { ...record.cell, kind, output_tokens } }, engine, steady);

  test('a decode cell is a batch whose TPOT holds no prefill, and nothing else', () => {
    expect(of('decode', 256)).toMatchObject({
      driving: { kind: 'batch' },
      turn_around_s: null,
      ttft: null,
      e2e: null,
      output_tokens_per_s: null,
    });
    expect(of('decode', 256)!.tpot!.seconds).toBeCloseTo(record.metrics!.tpot_ms!.mean / 1e3, 12);
  });

  test('a prefill cell is a TTFT of the closed loop that it was', () => {
    const prefill = of('prefill', 1)!;
    expect(prefill).toMatchObject({ driving: steady, tpot: null, e2e: null, output_tokens_per_s: null });
    expect(prefill.ttft!.seconds).toBeCloseTo(record.metrics!.ttft_ms!.mean / 1e3, 12);
  });

  test('prompts on one server and answers from another are of no single model', () => {
    expect(of('disaggregated', 256)).toBeNull();
  });
});

describe('a cell of a server that speculates', () => {
  const counted = (spec_drafts: number | null, spec_draft_tokens = 400, spec_accepted_tokens = 240) =>
    usableMeasurement(
      { ...record, server: { ...noCounters, spec_drafts, spec_draft_tokens, spec_accepted_tokens } },
      engine,
      steady,
    )!.engine.speculation;

  test('is fitted with the tokens that it proposed and accepted, by its own counters', () => {
    expect(counted(100)).toEqual({ draftTokens: 4, acceptance: 0.6 });
  });

  test('and with the mean over all steps of a sequence where n-grams propose in some alone', () => {
    const { mean_output_tokens: each } = record.metrics!;
    // 200 steps that give one token each and the 240 accepted ones, beside the first tokens.
    const generation_tokens = (200 + 240) / (1 - 1 / each!);
    const server = { ...noCounters, generation_tokens, spec_draft_tokens: 400, spec_accepted_tokens: 240 };
    const by = (spec_drafts: number) =>
      usableMeasurement({ ...record, server: { ...server, spec_drafts } }, engine, steady)!.engine
        .speculation!;
    expect(by(100).draftTokens).toBeCloseTo(2, 10);
    expect(by(100).acceptance).toBe(0.6);
    expect(by(199).draftTokens).toBe(2);
  });

  test('which proposed none is like any other', () => {
    expect(counted(0)).toBeUndefined();
    expect(counted(null)).toBeUndefined();
  });
});
