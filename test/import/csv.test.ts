import { describe, expect, test } from 'vitest';
import { columnMapFrom, parseColumnMap } from '../../src/import/csv-map.ts';
import { type CsvOptions, importCsv } from '../../src/import/import-rows.ts';
import { csv } from './samples.ts';

const BATCH =
  'prompt=input_tokens,answer=output_tokens,batch=concurrency,tp=tensor_parallel,prefill=ttft_ms,token=tpot_ms';
const FACTS = 'model=const:llama-3.1-8b,engine=const:vllm,accelerator=const:a100-80gb';
const COLUMNS = ['prompt', 'answer', 'batch', 'tp', 'prefill', 'token'];
const row = { prompt: 512, answer: 64, batch: 4, tp: 2, prefill: 80.5, token: 20 };

const options = (map: string, change: Partial<CsvOptions> = {}): CsvOptions => ({
  map: parseColumnMap(map),
  driving: { kind: 'batch' },
  ...change,
});

test('columns and constants become cells; a batch is one sample', () => {
  const { run, records } = importCsv(csv(COLUMNS, [row, row]), options(`${BATCH},${FACTS}`));
  expect(run.targets[0]).toMatchObject({
    name: 'a100-80-sxm-tp2',
    engine: { name: 'vllm', version: null },
    model_card: { precision: 'bf16' },
    driving: { kind: 'batch' },
  });
  expect(run.imported).toMatchObject({ format: 'csv', attribution: null });
  expect(records.map(({ cell }) => cell.repeat)).toEqual([0, 1]);
  expect(records[0]!.metrics).toMatchObject({
    ttft_ms: { n: 1, mean: 80.5 },
    tpot_ms: { n: 1, mean: 20 },
    mean_output_tokens: 64,
  });
});

test('seconds, percentiles and a burst with jitter', () => {
  const map = `i=input_tokens,o=output_tokens,c=concurrency,t=ttft_s,m=ttft_p50_s,p=ttft_p99_ms,d=tpot_s,${FACTS}`;
  const text = csv(
    ['i', 'o', 'c', 't', 'm', 'p', 'd'],
    [{ i: 100, o: 50, c: 8, t: 0.25, m: 0.2, p: 900, d: 0.01 }],
  );
  const burst = {
    kind: 'burst',
    requests_per_stream: 4,
    input_jitter: [0.5, 1],
    output_jitter: [0.5, 1],
    statistic: 'mean',
  } as const;
  const { records, run } = importCsv(text, options(map, { driving: burst }));
  expect(records[0]!.metrics).toMatchObject({
    ttft_ms: {
      n: 32,
      mean: 250,
      percentiles: [
        { q: 0.5, value: 200 },
        { q: 0.99, value: 900 },
      ],
    },
    tpot_ms: { mean: 10 },
    mean_output_tokens: 37.5,
  });
  expect(run.targets[0]!.driving).toEqual(burst);
});

test('decode curves: streams from the throughput, the prompt from the mean context, no TTFT', () => {
  const map = `ctx=context_tokens,itl=tpot_ms,rate=output_tokens_per_s_per_device,output_tokens=const:100,concurrency=streams_from_rate,${FACTS}`;
  const text = csv(
    ['ctx', 'itl', 'rate'],
    [
      { ctx: '350.0', itl: 10, rate: 799 },
      { ctx: 40, itl: 10, rate: 800 },
    ],
  );
  const { run, records } = importCsv(text, options(map));
  expect(records[0]!.cell).toMatchObject({ input_tokens: 300, output_tokens: 100, concurrency: 8 });
  expect(records[0]!.metrics).toMatchObject({
    ttft_ms: null,
    tpot_ms: { mean: 10 },
    output_tokens_per_s: 799,
  });
  expect(run.imported!.bad_rows).toEqual([
    { line: 3, problem: 'context_tokens 40 leaves no prompt before 100 output tokens' },
  ]);
});

test('a mark for missing is no value, and a row without any latency is bad', () => {
  const rows = [row, { ...row, prefill: 0 }, { ...row, prefill: '0.0', token: 'NA' }];
  const { run, records } = importCsv(
    csv(COLUMNS, rows),
    options(`${BATCH},${FACTS}`, { missing: ['0', 'NA'] }),
  );
  expect(records.map(({ metrics }) => metrics!.ttft_ms?.mean ?? null)).toEqual([80.5, null]);
  expect(run.imported!.bad_rows).toEqual([{ line: 4, problem: 'neither TTFT nor TPOT' }]);
  const { run: strict } = importCsv(csv(COLUMNS, rows), options(`${BATCH},${FACTS}`));
  expect(strict.imported!.bad_rows).toHaveLength(2);
});

test.each([
  ['not-measured', 'hw=accelerator', 'h100-80gb-pcap'],
  ['pipeline-parallel', 'accelerator=const:h100,hw=pipeline_parallel', '2'],
])('rule %s', (rule, map, value) => {
  const facts = FACTS.replace(/,accelerator.*/, '');
  const text = csv(
    [...COLUMNS, 'hw'],
    [row, { ...row, hw: value }].map((one) => ({ hw: rule === 'not-measured' ? 'h100-80gb' : '1', ...one })),
  );
  const { run, records } = importCsv(text, options(`${BATCH},${facts},${map}`));
  expect(records).toHaveLength(1);
  expect(run.imported!.removed).toEqual([expect.objectContaining({ rule, lines: [3] })]);
});

test('rows that name no engine need the flag', () => {
  const map = `${BATCH},model=const:llama-3.1-8b,accelerator=const:h100`;
  expect(() => importCsv(csv(COLUMNS, [row]), options(map))).toThrow(
    expect.objectContaining({ mend: expect.stringContaining('--engine NAME@VERSION') }),
  );
  const engine = { name: 'vllm', version: '1' };
  expect(importCsv(csv(COLUMNS, [row]), options(map, { engine })).run.targets[0]!.engine).toEqual(engine);
});

test('fractions of mean lengths and batches are rounded in the cell, and the true mean is kept', () => {
  const text = csv(COLUMNS, [{ ...row, answer: 84.6, batch: 126.97 }]);
  const { records } = importCsv(text, options(`${BATCH},${FACTS}`));
  expect(records[0]!.cell).toMatchObject({ output_tokens: 85, concurrency: 127 });
  expect(records[0]!.metrics!.mean_output_tokens).toBe(84.6);
});

describe('a column map', () => {
  test('may be a file', () => {
    const file = columnMapFrom({
      columns: { 'Avg TPOT (s)': 'tpot_s', 'In, tokens': 'input_tokens', rate: 'output_tokens_per_s' },
      constants: { model: 'm', output_tokens: 10 },
      concurrency: 'streams_from_rate',
    });
    expect(file.columns.get('input_tokens')).toBe('In, tokens');
    expect(file.constants.get('output_tokens')).toBe('10');
    expect(file.concurrencyFromRate).toBe(true);
  });

  test.each([
    ['a=tpot', "names no field 'tpot'", "Did you mean 'tpot_ms'?"],
    ['tpot_ms', "'tpot_ms' is not column=field", 'For example'],
    [`${BATCH}`, 'lacks model', 'model=const:VALUE'],
    [`${BATCH},${FACTS},x=ttft_ms`, "gives 'ttft_ms' twice", 'Keep one'],
    [
      `${BATCH.replace('prefill=ttft_ms,', 'prefill=ttft_p50_ms,')},${FACTS}`,
      'ttft p50 without its mean',
      'ttft_ms',
    ],
    [
      `a=input_tokens,b=output_tokens,c=tpot_ms,concurrency=streams_from_rate,${FACTS}`,
      'streams_from_rate needs output_tokens_per_s',
      '',
    ],
  ])('%s', (map, message, mend) => {
    expect(() => parseColumnMap(map)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining(message) }),
    );
    if (mend)
      expect(() => parseColumnMap(map)).toThrow(
        expect.objectContaining({ mend: expect.stringContaining(mend) }),
      );
  });

  test('a column that the file lacks is named with those that there are', () => {
    expect(() => importCsv(csv(['prompt'], [row]), options(`${BATCH},${FACTS}`))).toThrow(
      expect.objectContaining({
        message: "there is no column 'answer'",
        mend: expect.stringContaining('prompt'),
      }),
    );
  });
});
