import { type CsvError, type Info, parse } from 'csv-parse/sync';
import { RidgeError } from '../errors.ts';
import type { BadRow, SourceRow, SourceTable } from './source-row.ts';

interface ParsedRecord {
  readonly record: string[];
  readonly info: Pick<Info, 'lines'>;
}

/**
 * Reads CSV text with a line of column names. A row with too few or too many fields, or with broken quotes, is a bad row.
 * @throws RidgeError (exit 2) when there is no header, or a name stands twice in it
 */
export function readCsv(source: string, file: string): SourceTable {
  const skipped: CsvError[] = [];
  const [header, ...records] = parse(source, {
    bom: true,
    info: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error) => {
      if (error) skipped.push(error);
    },
  }) as unknown as ParsedRecord[];
  const columns = header?.record.map((name) => name.trim()) ?? [];
  requireHeader(columns, file);
  const last = records.at(-1) ?? header!;
  return {
    columns,
    rows: records.map(({ record, info }) => toRow(columns, record, info.lines)),
    badRows: skipped.map((error) => badRow(error, columns.length, last.info.lines)),
  };
}

function requireHeader(columns: readonly string[], file: string): void {
  if (columns.every((name) => name === '')) {
    throw new RidgeError('the file is empty', { where: file, mend: 'Give a CSV file with column names.' });
  }
  const twin = columns.find((name, index) => name !== '' && columns.indexOf(name) !== index);
  if (twin === undefined) return;
  throw new RidgeError(`column '${twin}' stands twice in the header`, {
    where: `${file}:1`,
    mend: 'Rename or remove one of them.',
  });
}

const toRow = (columns: readonly string[], record: readonly string[], line: number): SourceRow => ({
  line,
  cells: new Map(columns.map((name, index) => [name, record[index]!.trim()])),
});

/** @param lastLine of the last good row: where a quote is not closed, everything after it is lost */
function badRow(error: CsvError, columns: number, lastLine: number): BadRow {
  const line = Number(error.lines);
  switch (error.code) {
    case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH':
      return { line, problem: `${(error.record as unknown[]).length} fields, the header has ${columns}` };
    case 'CSV_QUOTE_NOT_CLOSED':
      return {
        line: lastLine + 1,
        problem: `a quote is not closed: all lines from here to the end (${line}) are lost in it`,
      };
    case 'CSV_MAX_RECORD_SIZE':
      return { line, problem: 'the line is too long' };
    default:
      return { line, problem: 'a quote stands inside a field' };
  }
}
