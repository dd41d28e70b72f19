import { createHash } from 'node:crypto';
import { RidgeError } from '../errors.ts';
import { counted } from '../plural.ts';
import { type CellRecord, type ImportFormat, RUN_SCHEMA_VERSION, type Run } from '../run/schema.ts';
import { digestOf } from '../suite/digest.ts';
import { VERSION } from '../version.ts';
import { AICONFIGURATOR_COLUMNS, AICONFIGURATOR_RULES, readAiconfiguratorRow } from './aiconfigurator.ts';
import { CSV_RULES, type CsvOptions, csvColumns, csvRowReader } from './csv-rows.ts';
import { INFERENCEX_COLUMNS, INFERENCEX_RULES, readInferenceXRow } from './inferencex.ts';
import type { ImportOptions } from './options.ts';
import { readCsv } from './read-csv.ts';
import { looksLikeJson, readJson } from './read-json.ts';
import { recordsOf } from './records.ts';
import { type CleaningRule, clean } from './rules.ts';
import { type RowReader, selectRows } from './select.ts';
import type { SourceTable } from './source-row.ts';
import { suiteOf } from './suite.ts';
import { targetsOf } from './targets.ts';
import { predicateText } from './where.ts';

export type { CsvOptions, ImportOptions };

/** A file's measurements as a run record; what became of each row is in `run.imported`. */
export interface ImportedRun {
  readonly run: Run;
  readonly records: readonly CellRecord[];
}

/**
 * Measurements of InferenceX: its aggregate rows as CSV, or as JSON (an array, one object, or one object a line).
 * Pure: no I/O. Lengths stay nominal; `driving` of the targets says burst, 10 requests a stream, lengths in 0.8 to 1.
 * @param text of the file
 * @throws RidgeError (exit 2) when nothing can be imported, naming the column, row, accelerator or condition
 */
export const importInferenceX = (text: string, options: ImportOptions = {}): ImportedRun =>
  importRows({
    format: 'inferencex',
    table: looksLikeJson(text) ? readJson(text) : withColumns(text, INFERENCEX_COLUMNS, options),
    text,
    read: (row) => readInferenceXRow(row, options.statistic ?? 'mean'),
    rules: INFERENCEX_RULES,
    attribution: 'SemiAnalysis InferenceX (InferenceMAX)',
    options,
  });

/**
 * Measured rows of AIConfigurator (`silicon_sample.csv`). Means only, so `statistic: 'median'` is refused. See
 * `importInferenceX`.
 */
export function importAiconfigurator(text: string, options: ImportOptions = {}): ImportedRun {
  if (options.statistic === 'median') {
    throw new RidgeError('aiconfigurator rows hold means only', { mend: 'Leave out --statistic median.' });
  }
  return importRows({
    format: 'aiconfigurator',
    table: withColumns(text, AICONFIGURATOR_COLUMNS, options),
    text,
    read: readAiconfiguratorRow,
    rules: AICONFIGURATOR_RULES,
    attribution: 'NVIDIA AIConfigurator (ai-dynamo/aiconfigurator)',
    options,
  });
}

/** Any CSV file whose columns `options.map` explains. See `importInferenceX`. */
export const importCsv = (text: string, options: CsvOptions): ImportedRun =>
  importRows({
    format: 'csv',
    table: withColumns(text, csvColumns(options.map), options),
    text,
    read: csvRowReader(options),
    rules: CSV_RULES,
    attribution: null,
    options,
  });

/** The cleaning rules of a format; `keep` takes their names. */
export const rulesOf = (format: ImportFormat): readonly CleaningRule[] =>
  ({ inferencex: INFERENCEX_RULES, aiconfigurator: AICONFIGURATOR_RULES, csv: CSV_RULES })[format];

const fileName = (options: ImportOptions): string => options.file ?? 'rows';

function withColumns(text: string, columns: readonly string[], options: ImportOptions): SourceTable {
  const table = readCsv(text, fileName(options));
  const missing = columns.find((name) => !table.columns.includes(name));
  if (missing === undefined) return table;
  throw new RidgeError(`there is no column '${missing}'`, {
    where: `${fileName(options)}:1`,
    mend: `Needed: ${columns.join(' ')}. There are: ${table.columns.slice(0, 40).join(' ')}.`,
  });
}

interface Rows {
  readonly format: ImportFormat;
  readonly text: string;
  readonly table: SourceTable;
  readonly read: RowReader;
  readonly rules: readonly CleaningRule[];
  /** Default of `options.attribution`. */
  readonly attribution: string | null;
  readonly options: ImportOptions;
}

/** Rows of any format as a run record: choose, clean, group by target. */
function importRows({ format, text, table, read, rules, attribution, options }: Rows): ImportedRun {
  const file = fileName(options);
  requireRules(rules, options.keep ?? []);
  const where = options.where ?? [];
  const { candidates, badRows } = selectRows(table, read, { where, accelerator: options.accelerator }, file);
  const { kept, removed } = clean(candidates, rules, options.keep ?? []);
  if (kept.length === 0) {
    throw new RidgeError(
      `every row that was chosen is removed: ${removed.map(({ rule, rows }) => `${rows} by ${rule}`).join(', ')}`,
      { where: file, mend: '--keep RULE keeps the rows of a rule.' },
    );
  }
  const targets = targetsOf(kept, options, file);
  const suite = suiteOf(
    kept.map(({ row }) => row),
    options.id ?? 'import',
  );
  return {
    run: {
      schema_version: RUN_SCHEMA_VERSION,
      id: options.id ?? 'import',
      created_at: options.createdAt ?? new Date().toISOString(),
      tool: { name: 'ridgepoint', version: options.toolVersion ?? VERSION },
      suite: { file, digest: digestOf(suite), content: suite },
      targets: targets.map(({ target }) => target),
      simulate: null,
      imported: {
        format,
        file,
        digest: options.digest ?? `sha256:${createHash('sha256').update(text).digest('hex')}`,
        attribution: options.attribution ?? attribution,
        where: where.map(predicateText),
        rows: {
          read: table.rows.length + table.badRows.length,
          selected: candidates.length,
          kept: kept.length,
        },
        bad_rows: [...badRows],
        removed,
      },
      quantile_method: 'linear',
    },
    records: targets.flatMap((target) => recordsOf(target, suite)),
  };
}

function requireRules(rules: readonly CleaningRule[], keep: readonly string[]): void {
  const stray = keep.find((name) => rules.every((rule) => rule.name !== name));
  if (stray === undefined) return;
  throw new RidgeError(`--keep: there is no rule '${stray}'`, {
    mend: `${counted(rules.length, 'rule')}: ${rules.map(({ name }) => name).join(' ')}.`,
  });
}
