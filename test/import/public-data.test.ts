import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseColumnMap } from '../../src/import/csv-map.ts';
import { importAiconfigurator, importCsv, importInferenceX } from '../../src/import/import-rows.ts';
import { parseWhere } from '../../src/import/where.ts';

const DATA = process.env.RIDGE_DATA ?? new URL('../../../shared/data', import.meta.url).pathname;
const there = existsSync(DATA);
const text = (file: string): string => readFileSync(join(DATA, file), 'utf8');
if (!there) console.warn(`public data: skipped, no folder ${DATA} (RIDGE_DATA names another)`);

/** Rows that are left and targets that they make, of one block. */
type Block = readonly [where: string, kept: number, targets: number];

describe.skipIf(!there)('AIConfigurator rows', () => {
  const rows = there ? text('aiconfigurator/silicon.csv') : '';

  test('every row is kept or removed by a rule', () => {
    const { imported } = importAiconfigurator(rows).run;
    expect(imported!.rows).toEqual({ read: 1300, selected: 1300, kept: 1192 });
    expect(imported!.bad_rows).toEqual([]);
    expect(Object.fromEntries(imported!.removed.map(({ rule, rows: count }) => [rule, count]))).toEqual({
      'gtl-job': 13,
      'work-in-progress': 38,
      'seat-limit': 9,
      'attention-dp': 48,
    });
  });

  test.each<Block>([
    ['model=Qwen/Qwen3-32B,engine=vllm,precision=bf16', 90, 3],
    ['model=Qwen/Qwen3-32B,engine=tensorrt-llm,engine_version=1.0.0rc3', 176, 4],
    ['model=meta-llama/Llama-3.1-8B-Instruct', 177, 4],
    ['model=meta-llama/Llama-3.1-70B,engine=vllm,accelerator=h100_sxm', 45, 3],
    ['model=meta-llama/Llama-3.1-70B,engine=vllm,accelerator=b200_sxm,precision=fp8', 60, 4],
    ['model=meta-llama/Llama-3.1-70B,engine=vllm,accelerator=b200_sxm,precision=fp4', 60, 4],
    ['model=meta-llama/Llama-3.1-70B,engine=tensorrt-llm', 144, 8],
    ['model=openai/gpt-oss-120b,engine_version=0.18.0', 44, 3],
    ['model=openai/gpt-oss-120b,engine_version=0.15.1', 56, 4],
    ['model=MiniMaxAI/MiniMax-M2.5,accelerator=h100_sxm', 15, 1],
    ['model=MiniMaxAI/MiniMax-M2.5,engine_version=0.17.0', 25, 2],
  ])('%s', (where, kept, targets) => {
    const { run, records } = importAiconfigurator(rows, { where: parseWhere(where) });
    expect([records.length, run.targets.length]).toEqual([kept, targets]);
    expect(run.targets.every(({ model_card }) => model_card !== null)).toBe(true);
  });

  test('lengths are jittered in the rows of the other project alone', () => {
    const { run } = importAiconfigurator(rows);
    const exact = run.targets.filter(
      ({ driving }) => driving?.kind === 'burst' && driving.output_jitter[0] === 1,
    );
    expect([...new Set(exact.map(({ model }) => model.id))].sort()).toEqual([
      'Qwen/Qwen3-235B-A22B-FP8',
      'Qwen/Qwen3-32B',
      'meta-llama/Llama-3.1-8B-Instruct',
    ]);
  });
});

describe.skipIf(!there)('InferenceX rows', () => {
  const rows = there ? text('inferencemax/agg.csv') : '';

  test('every row is kept or removed by a rule', () => {
    const { imported } = importInferenceX(rows).run;
    expect(imported!.rows.read).toBe(961);
    expect(imported!.bad_rows).toEqual([]);
    expect(imported!.removed.map(({ rule, rows: count }) => [rule, count])).toEqual([
      ['attention-dp', 40],
      ['compile-stall', 7],
    ]);
  });

  test.each<Block>([
    ['hw=h100', 134, 6],
    ['hw=b200,framework=vllm', 169, 8],
    ['hw=b200-trt', 195, 4],
    ['hw=mi300x', 29, 1],
    ['hw=mi355x,framework=sglang', 136, 7],
    ['hw=mi355x,framework=atom', 83, 5],
    ['hw=b200,framework=sglang,precision=fp8', 83, 2],
  ])('%s', (where, kept, targets) => {
    const { run, records } = importInferenceX(rows, { where: parseWhere(where) });
    expect([records.length, run.targets.length]).toEqual([kept, targets]);
    expect(run.targets.every(({ model_card }) => model_card !== null)).toBe(true);
  });
});

describe.skipIf(!there)('CSV by a column map', () => {
  test('Splitwise: cells of 5 repeats and more, without the rows that were not measured', () => {
    const map = parseColumnMap(
      'model=model,hardware=accelerator,prompt_size=input_tokens,token_size=output_tokens,batch_size=concurrency,tensor_parallel=tensor_parallel,prompt_time=ttft_ms,token_time=tpot_ms,engine=const:other,precision=const:bf16',
    );
    const { run, records } = importCsv(text('splitwise/perf_model.csv'), { map, driving: { kind: 'batch' } });
    expect(run.imported!.rows).toEqual({ read: 1260, selected: 1260, kept: 840 });
    expect(run.targets).toHaveLength(8);
    const cells = Map.groupBy(
      records,
      ({ target, cell: { repeat: _, ...shape } }) => target + JSON.stringify(shape),
    );
    expect(cells.size).toBe(8 * 19);
    expect(Math.min(...[...cells.values()].map(({ length }) => length))).toBe(5);
  });

  test('Dynamo: a prefill and a decode curve of one device', () => {
    const facts = 'model=const:nvidia/Llama-3.1-8B-Instruct-FP8,engine=const:vllm,accelerator=const:h200';
    const prefill = importCsv(text('dynamo-h200/prefill.csv'), {
      map: parseColumnMap(
        `isl_tokens=input_tokens,ttft_ms=ttft_ms,output_tokens=const:1,concurrency=const:1,${facts}`,
      ),
      driving: { kind: 'batch' },
    });
    const decode = importCsv(text('dynamo-h200/decode.csv'), {
      map: parseColumnMap(
        `context_length_tokens=context_tokens,itl_ms=tpot_ms,throughput_tokens_per_s_per_gpu=output_tokens_per_s_per_device,output_tokens=const:500,concurrency=streams_from_rate,${facts}`,
      ),
      driving: { kind: 'batch' },
    });
    expect([prefill.records.length, decode.records.length]).toEqual([17, 41]);
    expect(decode.run.targets[0]!.model_card).toMatchObject({ precision: 'fp8', kv_bytes_per_element: 2 });
    const short = decode.records.filter(({ cell }) => cell.input_tokens === 100);
    expect(short.map(({ cell }) => cell.concurrency)).toEqual([1, 257, 513, 768, 900, 788, 808]);
  });
});
