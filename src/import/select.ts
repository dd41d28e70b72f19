import { RidgeError } from '../errors.ts';
import { counted } from '../plural.ts';
import { ACCELERATOR_MEND, requireKnown } from './accelerator-names.ts';
import type { Candidate, MeasuredRow } from './measured-row.ts';
import { type BadRow, RowProblem, type SourceRow, type SourceTable } from './source-row.ts';
import { fails, meets, type Predicate, predicateText, requireKnownKeys } from './where.ts';

/** Reads a row of one format. @throws RowProblem */
export type RowReader = (source: SourceRow) => MeasuredRow;

export interface SelectedRows {
  readonly candidates: readonly Candidate[];
  /** In the order of the file. */
  readonly badRows: readonly BadRow[];
}

/** What a row must meet to be asked for. */
export interface Selection {
  readonly where: readonly Predicate[];
  /** Catalogue id that stands for what the rows say. */
  readonly accelerator: string | undefined;
}

/**
 * The rows that meet the conditions. A row that cannot be read, or whose device is not known, is a bad row, unless its columns
 * show that it was not asked for.
 * @throws RidgeError (exit 2) when a condition names nothing, or no row is left
 */
export function selectRows(
  table: SourceTable,
  read: RowReader,
  { where, accelerator }: Selection,
  file: string,
): SelectedRows {
  requireKnownKeys(where, table.columns);
  const candidates: Candidate[] = [];
  const badRows: BadRow[] = [...table.badRows];
  for (const source of table.rows) {
    try {
      const row = checked(read(source));
      if (!meets(row, source, where)) continue;
      if (accelerator === undefined) requireKnown(row.accelerator);
      candidates.push({ source, row });
    } catch (error) {
      if (!(error instanceof RowProblem)) throw error;
      if (!fails(source, where)) badRows.push({ line: source.line, problem: error.message });
    }
  }
  badRows.sort((a, b) => a.line - b.line);
  if (candidates.length === 0) throw nothing(table, badRows, where, file);
  return { candidates, badRows };
}

const MOST_TOKENS = 10_000_000;
const MOST_STREAMS = 100_000;

/** Bounds of what a run record holds. */
function checked(row: MeasuredRow): MeasuredRow {
  if (Math.max(row.inputTokens, row.outputTokens) > MOST_TOKENS)
    throw new RowProblem('a length is above 10000000 tokens');
  if (row.concurrency > MOST_STREAMS)
    throw new RowProblem(`concurrency ${row.concurrency} is above ${MOST_STREAMS}`);
  if (row.ttftMs === null && row.tpotMs === null) throw new RowProblem('neither TTFT nor TPOT');
  for (const [name, statistic] of [
    ['TTFT', row.ttftMs],
    ['TPOT', row.tpotMs],
  ] as const) {
    if (usesMedian(row) && statistic && !statistic.percentiles.some(({ q }) => q === 0.5)) {
      throw new RowProblem(`no median of ${name}`);
    }
  }
  return row;
}

const usesMedian = ({ driving }: MeasuredRow): boolean =>
  driving.kind === 'burst' && driving.statistic === 'median';

function nothing(
  table: SourceTable,
  badRows: readonly BadRow[],
  where: readonly Predicate[],
  file: string,
): RidgeError {
  const [first] = badRows;
  if (first) {
    return new RidgeError(
      `no row can be used; ${counted(badRows.length, 'bad row')}, the first: ${first.problem}`,
      {
        where: `${file}:${first.line}`,
        ...(first.problem.includes('accelerator') && { mend: ACCELERATOR_MEND }),
      },
    );
  }
  if (where.length === 0) return new RidgeError('the file holds no rows', { where: file });
  return new RidgeError(`no row meets ${where.map(predicateText).join(', ')}`, {
    where: file,
    mend: valuesThere(table, where) ?? 'Each may be met by some rows, but no row meets all of them.',
  });
}

const MOST_VALUES = 12;

/** What the column of the first condition that no row meets by itself does hold. */
function valuesThere({ rows, columns }: SourceTable, where: readonly Predicate[]): string | null {
  const unmet = where.find((one) => columns.includes(one.key) && rows.every((row) => fails(row, [one])));
  if (!unmet) return null;
  const values = new Set(rows.map(({ cells }) => cells.get(unmet.key) ?? ''));
  const shown = [...values].slice(0, MOST_VALUES).join(' ');
  return `${unmet.key} is one of: ${shown}${values.size > MOST_VALUES ? ' ...' : ''}.`;
}
