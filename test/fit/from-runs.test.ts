import { describe, expect, test } from 'vitest';
import { derivedCapacity } from '../../src/fit/dataset.ts';
import { observationsFromRuns, type RunCells } from '../../src/fit/from-runs.ts';
import type { CellRecord, RunTarget } from '../../src/run/schema.ts';
import { measureSuite } from './virtual.ts';

const run = measureSuite([1]);

const withTarget = (change: Partial<RunTarget>): RunCells => ({
  ...run,
  run: { ...run.run, targets: [{ ...run.run.targets[0]!, ...change }] },
});
const withRecords = (records: readonly CellRecord[]): RunCells => ({ ...run, records });
const unknown = { value: null, source: 'unknown' as const };

describe('what a fit needs and a run lacks is named by its key in the lab file', () => {
  test.each([
    ['accelerator', { accelerator: null }],
    ['model_config', { model_card: null }],
  ] as const)('%s', (key, change) => {
    expect(() => observationsFromRuns([withTarget(change)])).toThrow(
      expect.objectContaining({
        exitCode: 2,
        message: expect.stringContaining(key),
        mend: expect.stringContaining(`targets.sim-tp1.${key}`),
      }),
    );
  });
});

describe('what the record does not state is unknown, and stands at what engines do by default', () => {
  const { settings } = run.run.targets[0]!;
  const readWith = (change: Partial<RunTarget['settings']>, engine = 'vllm') =>
    observationsFromRuns([
      withTarget({ settings: { ...settings, ...change }, engine: { name: engine, version: '1' } }),
    ]);

  test('nothing is unknown of a server that tells everything', () => {
    expect(readWith({}).unknown).toEqual([]);
  });

  test.each([
    ['max_num_batched_tokens', { max_num_batched_tokens: unknown }, ['max_num_batched_tokens']],
    ['memory_utilisation', { kv_capacity_tokens: unknown }, ['memory_utilisation']],
    ['kv_bytes_per_element', { kv_cache_dtype: null }, ['kv_bytes_per_element']],
  ] as const)('%s', (_, change, expected) => {
    expect(readWith(change).unknown).toEqual(expected);
  });

  test('the budget of servers that were set up for each shape is known', () => {
    const { unknown: open, observations } = observationsFromRuns([
      withTarget({
        settings: { ...settings, max_num_batched_tokens: unknown },
        budget_margin_tokens: 1500,
      }),
    ]);
    expect(open).toEqual([]);
    expect(observations[0]!.engine.budgetMarginTokens).toBe(1500);
  });

  test('a chunk budget of 8192, the KV capacity of the memory, seats for every load', () => {
    const { observations, accelerator, card } = readWith({
      max_num_batched_tokens: unknown,
      kv_capacity_tokens: unknown,
      max_num_seqs: unknown,
    });
    const { engine } = observations[0]!;
    expect(engine).toMatchObject({ maxNumBatchedTokens: 8192, admission: 'on_demand' });
    expect(engine.maxNumSeqs).toBeGreaterThan(512);
    expect(engine.kvCapacityTokens).toBe(derivedCapacity({ accelerator, card }, 1, 0.9));
  });

  test('how other engines admit is unknown only where the KV capacity is', () => {
    expect(readWith({ kv_capacity_tokens: unknown }, 'tensorrt-llm').unknown).toEqual([
      'memory_utilisation',
      'admission',
    ]);
    expect(readWith({}, 'tensorrt-llm').unknown).toEqual([]);
  });
});

describe('how a burst of exact lengths arrives is unknown', () => {
  const burst = { kind: 'burst', requests_per_stream: 10, statistic: 'mean' } as const;
  test.each([
    [[1, 1], ['burst_order']],
    [[0.8, 1], []],
  ] as const)('lengths of %j of the nominal', ([low, high], expected) => {
    const jitter: [number, number] = [low, high];
    const driving = { ...burst, input_jitter: jitter, output_jitter: jitter };
    expect(observationsFromRuns([withTarget({ driving })]).unknown).toEqual(expected);
  });
});

describe('how cells were driven', () => {
  test('by the suite’s protocol, where a run measured them', () => {
    const { output_jitter } = run.run.suite.content.protocol;
    for (const { driving } of observationsFromRuns([run]).observations) {
      expect(driving).toEqual({ kind: 'steady', output_jitter });
    }
  });

  test('as the target says, where they were imported', () => {
    const driving = { kind: 'batch' } as const;
    const { observations } = observationsFromRuns([withTarget({ driving })]);
    expect(observations.every((one) => one.driving?.kind === 'batch')).toBe(true);
  });
});

test('reasons on cells that are used are counted by code and target; those on cells left out are not', () => {
  const reason = (code: 'drift' | 'unsteady', fit: 'use' | 'exclude') => ({
    code,
    effect: 'flagged' as const,
    fit,
    message: '',
    value: null,
    threshold: null,
  });
  const [first, second, third, ...rest] = run.records;
  const { flagged } = observationsFromRuns([
    withRecords([
      { ...first!, reasons: [reason('drift', 'use')] },
      { ...second!, reasons: [reason('drift', 'use')] },
      { ...third!, reasons: [reason('unsteady', 'exclude')] },
      ...rest.map((record) => ({ ...record, reasons: [] })),
    ]),
  ]);
  expect(flagged).toEqual([{ code: 'drift', target: 'sim-tp1', cells: 2 }]);
});

test('cells that their verdict excludes are left out and listed with the reason', () => {
  const reason = {
    code: 'unsteady' as const,
    effect: 'flagged' as const,
    fit: 'exclude' as const,
    message: '',
    value: null,
    threshold: null,
  };
  const [first, ...rest] = run.records;
  const { observations, left_out } = observationsFromRuns([
    withRecords([{ ...first!, reasons: [reason] }, ...rest]),
  ]);
  expect(observations).toHaveLength(observationsFromRuns([run]).observations.length - 1);
  expect(left_out).toContainEqual(
    expect.objectContaining({ target: 'sim-tp1', input_tokens: 128, reasons: ['unsteady'] }),
  );
});

test('repeats of a shape become one observation, as uncertain as their spread', () => {
  const record = run.records.find(({ cell }) => cell.input_tokens === 2048 && cell.output_tokens === 2)!;
  const ttft = record.metrics!.ttft_ms!;
  const twin = (mean: number, repeat: number): CellRecord => ({
    ...record,
    key: `${record.key} ${repeat}`,
    cell: { ...record.cell, repeat },
    metrics: { ...record.metrics!, ttft_ms: { ...ttft, mean } },
  });
  const { observations } = observationsFromRuns([withRecords([twin(90, 1), twin(100, 2), twin(110, 3)])]);
  expect(observations).toHaveLength(1);
  expect(observations[0]!.cells).toHaveLength(3);
  expect(observations[0]!.ttft!.seconds).toBeCloseTo(0.1, 9);
  expect(observations[0]!.ttft!.relative_error).toBeCloseTo(0.1 / Math.sqrt(3), 6);
});

test('TPOT of two tokens is not used: it is mostly stamp error', () => {
  const { observations } = observationsFromRuns([run]);
  const short = observations.filter((one) => one.output_tokens === 2);
  expect(short.length).toBeGreaterThan(0);
  expect(short.every((one) => one.tpot === null)).toBe(true);
});

test('targets of different accelerators do not make one fit', () => {
  const [target] = run.run.targets;
  const other = { ...target!, name: 'b', accelerator: { ...target!.accelerator!, id: 'mi300x' } };
  const mixed = { ...run, run: { ...run.run, targets: [target!, other] } };
  expect(() => observationsFromRuns([mixed])).toThrow(/differ in accelerator: h100-sxm, mi300x/);
});

test('one model under two names is one fit, and takes what the more generous server takes', () => {
  const [target] = run.run.targets;
  const { model_card } = target!;
  const served = { ...model_card!, id: 'meta-llama/Llama-3.1-8B', max_length_tokens: 262_144 };
  const other = { ...target!, name: 'b', model_card: served };
  const both = [run, { ...run, run: { ...run.run, targets: [other] }, records: [] }];
  const { card, observations } = observationsFromRuns(both);
  expect(card).toMatchObject({ id: model_card!.id, max_length_tokens: 262_144 });
  expect(observations).toEqual(observationsFromRuns([run]).observations);
});

test('one name for two models is no fit, and the keys that differ are named', () => {
  const [target] = run.run.targets;
  const fp8 = { ...target!.model_card!, kv_bytes_per_element: 1 };
  const mixed = {
    ...run,
    run: { ...run.run, targets: [target!, { ...target!, name: 'b', model_card: fp8 }] },
  };
  expect(() => observationsFromRuns([mixed])).toThrow(/differ in model: .*\(kv_bytes_per_element\)/);
});
