import { parse } from 'csv-parse/sync';
import { parseColumnMap } from '../../src/import/csv-map.ts';
import { type ImportedRun, importCsv } from '../../src/import/import-rows.ts';
import { textOf } from './data-files.ts';

const MAP = [
  'hardware=accelerator,model=model,precision=const:bf16,engine=const:vllm',
  'prompt_size=input_tokens,token_size=output_tokens,batch_size=concurrency,tensor_parallel=tensor_parallel',
  'token_time=tpot_ms,power_w=power_w_per_device',
].join(',');
/** Power limit of an A100: power is given as shares of it, 0 where there is none. */
const A100_W = 400;
/** The average power of longer prompts is an artefact of the telemetry. */
const LONGEST_WITH_POWER = 4096;
/** Tokens of a batch of prompts that one step takes; Splitwise's scheduler forms no larger ones, since they are slower. */
const STEP_TOKENS = 2048;
/** Beyond it generation ended before the nominal length. */
const LONGEST_OUTPUT = 256;

/** Names of the file and of the models' repositories. */
const MODELS = { 'llama2-70b': 'meta-llama/Llama-2-70b-hf', 'bloom-176b': 'bigscience/bloom' } as const;
export const SPLITWISE_MODELS = Object.keys(MODELS) as (keyof typeof MODELS)[];
export const SPLITWISE_HARDWARE = ['a100-80gb', 'h100-80gb'] as const;

type Row = Readonly<Record<string, string>>;
const inOneStep = (row: Row): boolean => Number(row.prompt_size) * Number(row.batch_size) <= STEP_TOKENS;

const named = (row: Row, model: keyof typeof MODELS): Row => {
  const watts = Number(row.prompt_size) > LONGEST_WITH_POWER ? 0 : A100_W * Number(row.average_power);
  return { ...row, model: MODELS[model], power_w: watts > 0 ? String(watts) : '' };
};

const csvOf = (rows: readonly Row[]): string => {
  const names = Object.keys(rows[0]!);
  return [names, ...rows.map((row) => names.map((name) => row[name]))].join('\n');
};

/**
 * A model on a server of eight devices: prompts of one step with their decode steps, and decode steps alone of batches whose
 * prompts took more than one.
 */
export function splitwiseRuns(
  model: (typeof SPLITWISE_MODELS)[number],
  hardware: (typeof SPLITWISE_HARDWARE)[number],
): ImportedRun[] {
  const rows = (parse(textOf('splitwise'), { columns: true }) as Row[])
    .filter(
      (row) =>
        row.model === model &&
        row.hardware === hardware &&
        row.tensor_parallel === '8' &&
        Number(row.token_size) <= LONGEST_OUTPUT,
    )
    .map((row) => named(row, model));
  const runOf = (id: string, map: string, kept: readonly Row[]): ImportedRun =>
    importCsv(csvOf(kept), {
      id: `splitwise-${model}-${hardware}-${id}`,
      map: parseColumnMap(map),
      driving: { kind: 'batch' },
      settings: { max_num_batched_tokens: STEP_TOKENS },
    });
  return [
    runOf('prompts', `${MAP},prompt_time=ttft_ms`, rows.filter(inOneStep)),
    runOf(
      'decodes',
      MAP,
      rows.filter((row) => !inOneStep(row)),
    ),
  ];
}
