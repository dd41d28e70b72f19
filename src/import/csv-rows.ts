import { RidgeError } from '../errors.ts';
import type { Driving } from '../roofline/driving.ts';
import type { Statistic } from '../run/schema.ts';
import type { ColumnMap } from './csv-map.ts';
import { engineName } from './engine-names.ts';
import { type MeasuredRow, meanShare, statisticOf } from './measured-row.ts';
import type { ImportOptions } from './options.ts';
import { type CleaningRule, pipelineParallel, rowRule } from './rules.ts';
import type { RowReader } from './select.ts';
import { optionalNumber, optionalText, positive, RowProblem, type SourceRow, text } from './source-row.ts';

export interface CsvOptions extends ImportOptions {
  readonly map: ColumnMap;
  /** How the cells were driven. `statistic` of the options wins over that of a burst. */
  readonly driving: Driving;
  /** Texts that mean no value, besides blank; numbers are compared as numbers. */
  readonly missing?: readonly string[] | undefined;
}

/** Columns that a map needs in the file. */
export const csvColumns = ({ columns }: ColumnMap): string[] => [...columns.values()];

/** Reads rows by a column map; the returned reader throws RowProblem. */
export function csvRowReader({ map, driving, missing = [], statistic }: CsvOptions): RowReader {
  if (statistic !== undefined && driving.kind !== 'burst' && statistic === 'median') {
    throw new RidgeError(`--statistic median goes with burst driving, not with ${driving.kind}`);
  }
  const how = driving.kind === 'burst' && statistic !== undefined ? { ...driving, statistic } : driving;
  return (source) => readFields(asFields(source, map, missing), map, how);
}

/** The row under the names of the fields. */
function asFields(source: SourceRow, map: ColumnMap, missing: readonly string[]): SourceRow {
  const cells = new Map(map.constants);
  for (const [field, column] of map.columns) {
    const value = source.cells.get(column) ?? '';
    cells.set(field, isMissing(value, missing) ? '' : value);
  }
  return { line: source.line, cells };
}

const isMissing = (value: string, missing: readonly string[]): boolean =>
  missing.some((mark) => value === mark || (value !== '' && Number(value) === Number(mark || Number.NaN)));

function readFields(fields: SourceRow, map: ColumnMap, driving: Driving): MeasuredRow {
  const tensorParallel = count(fields, 'tensor_parallel') ?? 1;
  const perDevice = optionalNumber(fields, 'output_tokens_per_s_per_device');
  const outputTokensPerS =
    optionalNumber(fields, 'output_tokens_per_s') ?? (perDevice === null ? null : perDevice * tensorParallel);
  const tpotMs = meanMs(fields, 'tpot');
  const concurrency = map.concurrencyFromRate
    ? streamsFromRate(outputTokensPerS, tpotMs)
    : rounded(positive(fields, 'concurrency'));
  const outputTokens = positive(fields, 'output_tokens');
  const requests =
    count(fields, 'requests') ??
    (driving.kind === 'burst' ? driving.requests_per_stream * concurrency : null);
  const latency = (metric: string): Statistic | null => latencyOf(fields, metric, requests);
  return {
    line: fields.line,
    accelerator: optionalText(fields, 'accelerator'),
    model: text(fields, 'model'),
    precision: optionalText(fields, 'precision')?.toLowerCase() ?? null,
    engine: {
      name: optionalText(fields, 'engine') === null ? null : engineName(text(fields, 'engine')),
      version: optionalText(fields, 'engine_version'),
    },
    tensorParallel,
    expertParallel: count(fields, 'expert_parallel'),
    pipelineParallel: count(fields, 'pipeline_parallel') ?? 1,
    inputTokens: map.inputUnknown ? STAND_IN_TOKENS : inputTokens(fields, outputTokens),
    unknownInput: map.inputUnknown ? (optionalText(fields, 'task') ?? 'all') : null,
    outputTokens: rounded(outputTokens),
    meanOutputTokens: outputTokens * (driving.kind === 'batch' ? 1 : meanShare(driving.output_jitter)),
    concurrency,
    driving,
    requests,
    startedAt: null,
    order: optionalNumber(fields, 'repeat') ?? 0,
    ttftMs: latency('ttft'),
    tpotMs: latency('tpot'),
    e2eMs: latency('e2e'),
    chunkGapMs: null,
    outputTokensPerS,
    inputTokensPerS: optionalNumber(fields, 'input_tokens_per_s'),
    powerW: powerOf(fields, tensorParallel, outputTokensPerS, outputTokens),
  };
}

/** Watts of all devices: given, of one device, or from the energy of a request and the rate of requests. */
function powerOf(
  fields: SourceRow,
  tensorParallel: number,
  tokensPerS: number | null,
  outputTokens: number,
): number | null {
  const devices = tensorParallel * (count(fields, 'pipeline_parallel') ?? 1);
  const perDevice = optionalNumber(fields, 'power_w_per_device');
  const joules = optionalNumber(fields, 'energy_j_per_request');
  const power =
    optionalNumber(fields, 'power_w') ??
    (perDevice === null ? null : perDevice * devices) ??
    (joules === null || tokensPerS === null ? null : (joules * tokensPerS) / outputTokens);
  if (power === null || power > 0) return power;
  throw new RowProblem(`power is ${power} W`);
}

/** A prompt whose length is not known, until a fit finds one. */
const STAND_IN_TOKENS = 256;

/** Means over requests need not be whole. */
const rounded = (value: number): number => Math.max(1, Math.round(value));

function count(fields: SourceRow, field: string): number | null {
  if (optionalText(fields, field) === null) return null;
  const value = positive(fields, field);
  if (Number.isInteger(value)) return value;
  throw new RowProblem(`${field} is ${value}, not a whole number`);
}

/** Mean context over the decode is the prompt and half of the output. */
function inputTokens(fields: SourceRow, outputTokens: number): number {
  if (optionalText(fields, 'input_tokens') !== null) return rounded(positive(fields, 'input_tokens'));
  const context = optionalText(fields, 'context_tokens');
  if (context === null) throw new RowProblem('input_tokens is blank');
  const input = positive(fields, 'context_tokens') - outputTokens / 2;
  if (input >= 1) return Math.round(input);
  throw new RowProblem(`context_tokens ${context} leaves no prompt before ${outputTokens} output tokens`);
}

function streamsFromRate(tokensPerS: number | null, tpotMs: number | null): number {
  if (tokensPerS === null || tpotMs === null)
    throw new RowProblem('no throughput or TPOT to tell the streams');
  return rounded((tokensPerS * tpotMs) / 1000);
}

const inMs = (fields: SourceRow, name: string): number | null => {
  const ms = optionalNumber(fields, `${name}_ms`);
  const s = optionalNumber(fields, `${name}_s`);
  return ms ?? (s === null ? null : s * 1000);
};

function meanMs(fields: SourceRow, metric: string): number | null {
  const mean = inMs(fields, metric);
  if (mean === 0) throw new RowProblem(`${metric} is 0`);
  return mean;
}

const latencyOf = (fields: SourceRow, metric: string, requests: number | null): Statistic | null =>
  statisticOf(
    { mean: meanMs(fields, metric), p50: inMs(fields, `${metric}_p50`), p99: inMs(fields, `${metric}_p99`) },
    1,
    requests,
  );

export const CSV_RULES: readonly CleaningRule[] = [
  pipelineParallel,
  rowRule(
    'not-measured',
    'h100-80gb-pcap rows are H100 rows with a prefill 1.30 x as long, not measurements',
    (row) => row.accelerator?.toLowerCase() === 'h100-80gb-pcap',
  ),
];
