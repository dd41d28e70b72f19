import { observationsFromRuns, type RunObservations } from '../../src/fit/from-runs.ts';
import { parseColumnMap } from '../../src/import/csv-map.ts';
import {
  type ImportedRun,
  importAiconfigurator,
  importCsv,
  importInferenceX,
} from '../../src/import/import-rows.ts';
import { parseWhere } from '../../src/import/where.ts';
import { textOf } from './data-files.ts';

/** Rows that meet conditions, written as for `ridge import --where`. */
export type RowsOf = (where: string) => RunObservations;

const known = new Map<string, RunObservations>();

/** One data set for one question, so that fits of it can be shared. */
function once(key: string, make: () => readonly ImportedRun[]): RunObservations {
  const found = known.get(key) ?? observationsFromRuns(make());
  known.set(key, found);
  return found;
}

/** End-to-end grids gathered by AIConfigurator. */
export const silicon: RowsOf = (where) =>
  once(`silicon ${where}`, () => [importAiconfigurator(textOf('silicon'), { where: parseWhere(where) })]);

/** Which statistic of a burst is compared. */
export type Statistic = 'mean' | 'median';

/** InferenceX rows as imported, repeats apart. */
export const inferenceXRun = (where: string, statistic: Statistic): ImportedRun =>
  importInferenceX(textOf('agg'), { where: parseWhere(where), statistic });

export const inferenceX = (where: string, statistic: Statistic): RunObservations =>
  once(`agg ${where}`, () => [inferenceXRun(where, statistic)]);

const SPLITWISE = [
  'hardware=accelerator,model=model,prompt_size=input_tokens,token_size=output_tokens,batch_size=concurrency',
  'tensor_parallel=tensor_parallel,prompt_time=ttft_ms,token_time=tpot_ms,engine=const:vllm,precision=const:bf16',
].join(',');

/** Batches of Splitwise, repeats merged. */
export const splitwise: RowsOf = (where) =>
  once(`splitwise ${where}`, () => [
    importCsv(textOf('splitwise'), {
      map: parseColumnMap(SPLITWISE),
      driving: { kind: 'batch' },
      where: parseWhere(where),
    }),
  ]);

const DYNAMO = 'model=const:nvidia/Llama-3.1-8B-Instruct-FP8,engine=const:vllm,accelerator=const:h200';
/** Output tokens over which the decode profile kept its context. */
const DECODE_TOKENS = 500;

/** Prefill and decode curves of one H200. */
export const dynamo = (): RunObservations => once('dynamo', dynamoRuns);

/** The two curves as imported. */
export function dynamoRuns(): ImportedRun[] {
  const rows = (file: 'prefill' | 'decode', map: string): ImportedRun =>
    importCsv(textOf(file), { map: parseColumnMap(`${map},${DYNAMO}`), driving: { kind: 'batch' } });
  return [
    rows('prefill', 'isl_tokens=input_tokens,ttft_ms=ttft_ms,output_tokens=const:1,concurrency=const:1'),
    rows(
      'decode',
      `context_length_tokens=context_tokens,itl_ms=tpot_ms,throughput_tokens_per_s_per_gpu=output_tokens_per_s_per_device,output_tokens=const:${DECODE_TOKENS},concurrency=streams_from_rate`,
    ),
  ];
}

/** Dynamo's decode rows are found by their context: the prompt plus half of the output. */
export const isDecodeAt = (context: number, one: { input_tokens: number; output_tokens: number }): boolean =>
  one.output_tokens > 1 && one.input_tokens === context - DECODE_TOKENS / 2;
