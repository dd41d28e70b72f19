import { z } from 'zod';
import { RidgeError } from '../errors.ts';
import { nearest } from '../stats/nearest.ts';

const TEXT_FIELDS = ['model', 'accelerator', 'precision', 'engine', 'engine_version', 'task'] as const;
const COUNT_FIELDS = [
  ...['tensor_parallel', 'expert_parallel', 'pipeline_parallel', 'requests', 'repeat'],
  ...['input_tokens', 'context_tokens', 'output_tokens', 'concurrency'],
] as const;
const RATE_FIELDS = ['output_tokens_per_s', 'output_tokens_per_s_per_device', 'input_tokens_per_s'] as const;
const POWER_FIELDS = ['power_w', 'power_w_per_device', 'energy_j_per_request'] as const;
const LATENCY_FIELDS = (['ttft', 'tpot', 'e2e'] as const).flatMap((metric) =>
  (['', '_p50', '_p99'] as const).flatMap((statistic) =>
    (['ms', 's'] as const).map((unit) => `${metric}${statistic}_${unit}` as const),
  ),
);

/** What a column can be. Latencies are means unless `_p50` or `_p99` stands before the unit. */
export const CSV_FIELDS: readonly string[] = [
  ...TEXT_FIELDS,
  ...COUNT_FIELDS,
  ...RATE_FIELDS,
  ...POWER_FIELDS,
  ...LATENCY_FIELDS,
];

/** Concurrency as the mean number of streams that the throughput shows: output tokens/s x TPOT. */
export const STREAMS_FROM_RATE = 'streams_from_rate';

/** Prompt lengths that no row records: `ridge fit` then fits one for each task, together with the power. */
export const UNKNOWN_INPUT = 'unknown';

/** Where each field comes from. */
export interface ColumnMap {
  /** Column of the file by field. */
  readonly columns: ReadonlyMap<string, string>;
  /** Value of every row by field. */
  readonly constants: ReadonlyMap<string, string>;
  readonly concurrencyFromRate: boolean;
  readonly inputUnknown: boolean;
}

/**
 * A column map from `column=field,field=const:VALUE,concurrency=streams_from_rate`.
 * @throws RidgeError (exit 2) naming the part that is wrong
 */
export function parseColumnMap(text: string): ColumnMap {
  const columns: [string, string][] = [];
  const constants: [string, string][] = [];
  let [concurrencyFromRate, inputUnknown] = [false, false];
  for (const part of text.split(',').map((one) => one.trim())) {
    const [, field, value] = /^(\w+)=const:(.*)$/.exec(part) ?? [];
    if (part === `concurrency=${STREAMS_FROM_RATE}`) concurrencyFromRate = true;
    else if (part === `input_tokens=${UNKNOWN_INPUT}`) inputUnknown = true;
    else if (field !== undefined && value !== undefined) constants.push([field, value]);
    else columns.push(columnAndField(part));
  }
  return columnMap(columns, constants, { concurrencyFromRate, inputUnknown });
}

function columnAndField(part: string): [string, string] {
  const at = part.lastIndexOf('=');
  if (at > 0) return [part.slice(at + 1), part.slice(0, at)];
  throw new RidgeError(`--map: '${part}' is not column=field`, {
    mend: 'For example --map isl=input_tokens,ttft=ttft_ms,engine=const:vllm.',
  });
}

/** A map file: the same as `--map`, for names with commas and for keeping. */
export const mapFileSchema = z.strictObject({
  columns: z.record(z.string(), z.string()).describe('Field by column of the file.'),
  constants: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .default({})
    .describe('Value of every row, by field.'),
  concurrency: z.literal(STREAMS_FROM_RATE).optional(),
  input_tokens: z.literal(UNKNOWN_INPUT).optional(),
});

/** A column map out of a parsed map file, see `parseColumnMap`. */
export const columnMapFrom = (file: z.infer<typeof mapFileSchema>): ColumnMap =>
  columnMap(
    Object.entries(file.columns).map(([column, field]) => [field, column]),
    Object.entries(file.constants).map(([field, value]) => [field, String(value)]),
    {
      concurrencyFromRate: file.concurrency === STREAMS_FROM_RATE,
      inputUnknown: file.input_tokens === UNKNOWN_INPUT,
    },
  );

function columnMap(
  columns: readonly [string, string][],
  constants: readonly [string, string][],
  how: Pick<ColumnMap, 'concurrencyFromRate' | 'inputUnknown'>,
): ColumnMap {
  const fields = [...columns, ...constants].map(([field]) => field);
  if (how.concurrencyFromRate) fields.push('concurrency');
  if (how.inputUnknown) fields.push('input_tokens');
  for (const field of fields) requireField(field);
  const twin = fields.find((field, index) => fields.indexOf(field) !== index);
  if (twin !== undefined) {
    throw new RidgeError(`the column map gives '${twin}' twice`, { mend: 'Keep one of them.' });
  }
  const map = { columns: new Map(columns), constants: new Map(constants), ...how };
  requireEnough(new Set(fields), map);
  return map;
}

function requireField(field: string): void {
  if (CSV_FIELDS.includes(field)) return;
  const near = nearest(field, CSV_FIELDS);
  throw new RidgeError(`the column map names no field '${field}'`, {
    mend: near ? `Did you mean '${near}'?` : `Fields: ${CSV_FIELDS.join(' ')}.`,
  });
}

/** Every row needs these; a list is: one of them. */
const NEEDED: readonly (readonly string[])[] = [
  ['model'],
  ['input_tokens', 'context_tokens'],
  ['output_tokens'],
  ['concurrency'],
  ['ttft_ms', 'ttft_s', 'tpot_ms', 'tpot_s'],
];

function requireEnough(fields: ReadonlySet<string>, { concurrencyFromRate, inputUnknown }: ColumnMap): void {
  const has = (names: readonly string[]): boolean => names.some((name) => fields.has(name));
  const missing = NEEDED.find((names) => !has(names));
  if (missing) {
    throw new RidgeError(`the column map lacks ${missing.join(' or ')}`, {
      mend: `Map a column to it, or give it a value: ${missing[0]}=const:VALUE${missing[0] === 'input_tokens' ? '; a fit finds it with the power: input_tokens=unknown' : ''}.`,
    });
  }
  if (inputUnknown && !has(POWER_FIELDS)) {
    throw new RidgeError('input_tokens=unknown needs a power in the column map: lengths are fitted with it', {
      mend: `Map a column to ${POWER_FIELDS.join(', ')}, or give lengths: input_tokens=const:N.`,
    });
  }
  const rates = ['output_tokens_per_s', 'output_tokens_per_s_per_device'];
  if (concurrencyFromRate && !(has(rates) && has(['tpot_ms', 'tpot_s']))) {
    throw new RidgeError(`${STREAMS_FROM_RATE} needs output_tokens_per_s and tpot_ms in the column map`);
  }
  for (const metric of ['ttft', 'tpot', 'e2e']) {
    const mean = [`${metric}_ms`, `${metric}_s`];
    const percentile = ['p50', 'p99'].find((q) => has([`${metric}_${q}_ms`, `${metric}_${q}_s`]));
    if (percentile !== undefined && !has(mean)) {
      throw new RidgeError(`the column map gives ${metric} ${percentile} without its mean`, {
        mend: `Map a column to ${mean.join(' or ')}.`,
      });
    }
  }
}
