import { type Driving, requestsPerStream } from '../roofline/driving.ts';
import { engineName } from './engine-names.ts';
import { INFERENCEX_JITTER, INFERENCEX_REQUESTS_PER_STREAM } from './inferencex.ts';
import { type MeasuredRow, meanShare, statisticOf } from './measured-row.ts';
import { type CleaningRule, pipelineParallel, rowRule } from './rules.ts';
import {
  optionalNumber,
  optionalText,
  positive,
  RowProblem,
  type SourceRow,
  text,
  whole,
} from './source-row.ts';

const EXACT = [1, 1] as const;

/**
 * Reads one measured row of AIConfigurator (`silicon_sample.csv`): milliseconds, means only.
 * @throws RowProblem
 */
export function readAiconfiguratorRow(source: SourceRow): MeasuredRow {
  const engine = engineName(text(source, 'backend'));
  const generated = engine === 'vllm' && isOwnComparison(provenance(source));
  const concurrency = concurrencyOf(source);
  const driving = drivingOf(source);
  const outputTokens = whole(source, 'osl');
  const requests = requestsPerStream(driving, concurrency) * concurrency;
  return {
    line: source.line,
    accelerator: text(source, 'system'),
    model: text(source, 'model_path'),
    // A blank is an unquantised model.
    precision: optionalText(source, 'precision')?.toLowerCase() ?? 'bf16',
    engine: {
      name: engine,
      version: optionalText(source, 'backend_version'),
    },
    tensorParallel: whole(source, 'tp_size'),
    expertParallel: optionalNumber(source, 'moe_ep_size') || null,
    pipelineParallel: optionalNumber(source, 'pp_size') ?? 1,
    inputTokens: whole(source, 'isl'),
    outputTokens,
    meanOutputTokens: outputTokens * meanShare(driving.output_jitter),
    concurrency,
    driving,
    budgetMarginTokens: generated ? GENERATED_MARGIN_TOKENS : null,
    wholeOnOwnServer: engine === 'tensorrt-llm' && isOwnComparison(provenance(source)),
    requests,
    startedAt: measuredAt(provenance(source)),
    order: 0,
    ttftMs: statisticOf({ mean: positive(source, 'silicon_ttft_ms') }, 1, requests),
    tpotMs: statisticOf({ mean: positive(source, 'silicon_tpot_ms') }, 1, requests),
    e2eMs: null,
    chunkGapMs: null,
    outputTokensPerS: null,
    inputTokensPerS: null,
  };
}

/** Rows of AIConfigurator's own comparison of its estimates with servers that it sets up. */
const isOwnComparison = (dataSource: string): boolean => dataSource.includes('aic-auto-gap-analysis');

/**
 * Its generator sets a server up for each shape, with `max_num_tokens` = batch size + ISL + 1500 (ai-dynamo/aiconfigurator, rules of
 * its generator). For TensorRT-LLM too, with prompts computed whole; but two whole prompts in a step, as that budget has room for, is
 * not what the 1024-token rows of Qwen3-32B show, so there the budget is left open, as are the seats.
 */
const GENERATED_MARGIN_TOKENS = 1500;

/**
 * How many requests its TensorRT-LLM rows are means of, which the file does not say and their decimals do: times so many they are
 * whole nanoseconds, in every row (half of them times 10 a stream, as chance has it). Its vLLM rows are of 10 a stream.
 */
const LONG_RUNS_VERSION = '1.0.0rc3';
const LONG_RUNS = { requests_per_stream: 20, most_requests: 2000 };

const provenance = (source: SourceRow): string => text(source, 'silicon_data_source');

/** The file states it; else `batch_size` is per attention-data-parallel rank. */
function concurrencyOf(source: SourceRow): number {
  const [, stated] = /(?:^|[;\s])silicon_concurrency=(\d+)/.exec(provenance(source)) ?? [];
  const concurrency =
    stated === undefined ? whole(source, 'batch_size') * attentionDataParallel(source) : Number(stated);
  if (concurrency >= 1) return concurrency;
  throw new RowProblem('silicon_concurrency is 0');
}

const attentionDataParallel = (source: SourceRow): number => optionalNumber(source, 'attention_dp_size') || 1;

/** Two protocols share the file: InferenceX rows have jittered lengths, the others the lengths as written. */
function drivingOf(source: SourceRow): Extract<Driving, { kind: 'burst' }> {
  const dataSource = provenance(source);
  const jitter = isOwnComparison(dataSource)
    ? EXACT
    : /^(db-dump|source_file=)/.test(dataSource)
      ? INFERENCEX_JITTER
      : null;
  if (jitter === null) throw new RowProblem('silicon_data_source does not tell how the row was measured');
  return {
    kind: 'burst',
    ...(isOwnComparison(dataSource) && optionalText(source, 'backend_version') === LONG_RUNS_VERSION
      ? LONG_RUNS
      : { requests_per_stream: INFERENCEX_REQUESTS_PER_STREAM }),
    input_jitter: jitter,
    output_jitter: jitter,
    statistic: 'mean',
  };
}

function measuredAt(dataSource: string): string | null {
  const [, stamp] = /(?:^|[;\s])measured=([^;\s]+)/.exec(dataSource) ?? [];
  const at = new Date(stamp ?? Number.NaN);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

export const AICONFIGURATOR_COLUMNS = [
  ...['silicon_data_source', 'backend', 'model_path', 'system', 'isl', 'osl', 'batch_size', 'tp_size'],
  ...['silicon_ttft_ms', 'silicon_tpot_ms'],
] as const;

const SEAT_LIMITED_CONCURRENCY = 512;

export const AICONFIGURATOR_RULES: readonly CleaningRule[] = [
  rowRule('gtl-job', 'batch_size of gtl_job_id rows is not the concurrency', (_, source) =>
    provenance(source).includes('gtl_job_id='),
  ),
  rowRule('work-in-progress', 'marked wip=True by the file', (_, source) =>
    /(?:^|[;\s])wip=True\b/i.test(provenance(source)),
  ),
  rowRule(
    'seat-limit',
    'gpt-oss on H100 at 512 streams: the engine limits the sequences, the device does not',
    (row) =>
      row.concurrency === SEAT_LIMITED_CONCURRENCY &&
      /gpt-oss/i.test(row.model) &&
      /^h100/i.test(row.accelerator ?? ''),
  ),
  rowRule(
    'attention-dp',
    'attention is data parallel: the number of devices is ambiguous',
    (_, source) => attentionDataParallel(source) > 1,
  ),
  pipelineParallel,
];
