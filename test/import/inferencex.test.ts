import { describe, expect, test } from 'vitest';
import { importInferenceX } from '../../src/import/import-rows.ts';
import { cellRecordSchema, runSchema } from '../../src/run/schema.ts';
import { inferencexCsv, inferencexRow } from './samples.ts';

test('a row becomes a cell in milliseconds, with nominal lengths, on a target that says how it was driven', () => {
  const { run, records } = importInferenceX(inferencexCsv({}));
  expect(run.targets).toHaveLength(1);
  expect(run.targets[0]).toMatchObject({
    name: 'h100-sxm-tp2',
    url: null,
    definition: null,
    devices: 2,
    tensor_parallel: 2,
    engine: { name: 'vllm', version: '0.13.0' },
    accelerator: { id: 'h100-sxm' },
    model_card: { precision: 'mxfp4' },
    settings: { max_num_seqs: { value: null, source: 'unknown' }, kv_cache_dtype: null },
    driving: {
      kind: 'burst',
      requests_per_stream: 10,
      input_jitter: [0.8, 1],
      output_jitter: [0.8, 1],
      statistic: 'mean',
    },
  });
  const [record] = records;
  expect(record!.cell).toMatchObject({ input_tokens: 1000, output_tokens: 500, concurrency: 4, repeat: 0 });
  expect(record!.metrics!.ttft_ms).toEqual({
    n: 40,
    mean: 50,
    standard_deviation: 10,
    half_width_95: null,
    percentiles: [
      { q: 0.5, value: 40 },
      { q: 0.99, value: 90 },
    ],
  });
  expect(record!.metrics!.tpot_ms).toMatchObject({ mean: 6, standard_deviation: null });
  expect(record!.metrics).toMatchObject({ mean_output_tokens: 450, output_tokens_per_s: 200 });
  expect(record!.verdict).toBe('valid');
  expect(record!.started_at).toBeNull();
});

test('what is made is a run record by its own schema', () => {
  const { run, records } = importInferenceX(inferencexCsv({}, { conc: 8 }));
  expect(runSchema.parse(JSON.parse(JSON.stringify(run)))).toEqual(run);
  for (const record of records) expect(cellRecordSchema.parse(record)).toEqual(record);
});

describe('JSON gives what CSV gives', () => {
  const changes = [{}, { conc: 8 }, { conc: 16 }];
  const rows = changes.map(inferencexRow);
  const { records } = importInferenceX(inferencexCsv(...changes));
  test.each([
    ['a list', JSON.stringify(rows, null, 2)],
    ['an object a line', rows.map((row) => `${JSON.stringify(row)}\n`).join('')],
  ])('%s', (_, text) => expect(importInferenceX(text).records).toEqual(records));

  test('one object', () => {
    expect(importInferenceX(JSON.stringify(rows[0], null, 2)).records).toEqual([records[0]]);
  });

  test('braces and quotes inside texts do not split objects', () => {
    const odd = { ...rows[0], recipe: 'a "}{" b\\', env: { nested: { deep: true } } };
    expect(importInferenceX(JSON.stringify([odd, rows[1]])).records).toEqual(records.slice(0, 2));
  });

  test('a list that is cut off keeps its whole objects and names the torn one by its line', () => {
    const text = JSON.stringify(rows, null, 1);
    const { run, records: kept } = importInferenceX(text.slice(0, -40));
    expect(kept).toEqual(records.slice(0, 2));
    const line = text.split('\n').findIndex((one, index) => one === ' {' && index > 40) + 1;
    expect(run.imported!.bad_rows).toEqual([{ line, problem: 'the object is cut off' }]);
  });

  test('a key like __proto__ is only a key', () => {
    const text = `{"__proto__": {"polluted": true}, "constructor": "x", ${JSON.stringify(rows[0]).slice(1)}`;
    expect(importInferenceX(text).records).toEqual([records[0]]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('cleaning rules count and list what they remove', () => {
  test('a repeat whose p99 TTFT is far above its siblings is a compile stall', () => {
    const text = inferencexCsv({ run: 1 }, { run: 2, p99_ttft: 0.91 }, { run: 3 }, { conc: 8, p99_ttft: 9 });
    const { run, records } = importInferenceX(text);
    expect(records).toHaveLength(3);
    expect(run.imported).toMatchObject({ rows: { read: 4, selected: 4, kept: 3 } });
    expect(run.imported!.removed).toEqual([
      expect.objectContaining({ rule: 'compile-stall', rows: 1, lines: [3] }),
    ]);
    expect(importInferenceX(text, { keep: ['compile-stall'] }).records).toHaveLength(4);
  });

  test.each([
    ['attention-dp', { dp_attention: 'True' }],
    ['speculative-decoding', { spec_decoding: 'mtp' }],
  ])('%s', (rule, change) => {
    const { run, records } = importInferenceX(inferencexCsv({}, change));
    expect(records).toHaveLength(1);
    expect(run.imported!.removed).toEqual([expect.objectContaining({ rule, rows: 1, lines: [3] })]);
    expect(() => importInferenceX(inferencexCsv(change))).toThrow(`1 by ${rule}`);
  });

  test('a rule that is not there is named with those that are', () => {
    expect(() => importInferenceX(inferencexCsv({}), { keep: ['stall'] })).toThrow(
      expect.objectContaining({ exitCode: 2, mend: expect.stringContaining('compile-stall') }),
    );
  });
});

test('repeats of a cell are numbered in the order of their runs', () => {
  const { records } = importInferenceX(
    inferencexCsv({ run: 9, mean_tpot: 0.009 }, { run: 2, mean_tpot: 0.002 }, { run: 5, mean_tpot: 0.005 }),
  );
  expect(records.map(({ cell, metrics }) => [cell.repeat, metrics!.tpot_ms!.mean])).toEqual([
    [0, 2],
    [1, 5],
    [2, 9],
  ]);
  expect(new Set(records.map(({ key }) => key)).size).toBe(3);
});

test('one target for each accelerator, TP size, engine, model, precision and expert parallel size', () => {
  const { run, records } = importInferenceX(
    inferencexCsv(
      {},
      { tp: 4 },
      { image: 'vllm/vllm-openai:v0.11.2' },
      { tp: 4, ep: 4 },
      { hw: 'b200-trt', framework: 'trt', image: 'nvcr.io#nvidia/tensorrt-llm/release:1.2.0rc2' },
    ),
  );
  expect(run.targets.map(({ name }) => name)).toEqual([
    'b200-sxm-tp2-tensorrt-llm-1.2.0rc2',
    'h100-sxm-tp2-vllm-0.11.2',
    'h100-sxm-tp2-vllm-0.13.0',
    'h100-sxm-tp4-ep4-vllm-0.13.0',
    'h100-sxm-tp4-vllm-0.13.0',
  ]);
  expect(new Set(records.map(({ key }) => key)).size).toBe(5);
});
