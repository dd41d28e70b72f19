import { CsvError, type Info, parse } from 'csv-parse/sync';
import { RidgeError } from '../errors.ts';
import type { BadRow, SourceRow, SourceTable } from './source-row.ts';

interface ParsedRecord {
  readonly record: string[];
  readonly info: Pick<Info, 'lines'>;
}

/**
 * Reads CSV text with a line of column names. A row with too few or too many fields, or with broken quotes, is a bad row.
 * @throws RidgeError (exit 2) when there is no header, a name stands twice in it, or the text is no CSV at all
 */
export function readCsv(source: string, file: string): SourceTable {
  const badRows: BadRow[] = [];
  const [header, ...records] = parseRecords(source, file, badRows);
  const columns = header?.record.map((name) => name.trim()) ?? [];
  if (columns.every((name) => name === '')) {
    throw new RidgeError('the file is empty', { where: file, mend: 'Give a CSV file with column names.' });
  }
  const twin = columns.find((name, index) => name !== '' && columns.indexOf(name) !== index);
  if (twin !== undefined) {
    throw new RidgeError(`column '${twin}' stands twice in the header`, {
      where: `${file}:1`,
      mend: 'Rename or remove one of them.',
    });
  }
  return {
    columns,
    rows: records.map(({ record, info }) => toRow(columns, record, info.lines)),
    badRows: badRows.sort((a, b) => a.line - b.line),
  };
}

const toRow = (columns: readonly string[], record: readonly string[], line: number): SourceRow => ({
  line,
  cells: new Map(columns.map((name, index) => [name, record[index]!.trim()])),
});

function parseRecords(source: string, file: string, badRows: BadRow[]): ParsedRecord[] {
  try {
    return parse(source, {
      bom: true,
      info: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      on_skip: (error) => {
        badRows.push({ line: Number(error?.lines ?? 0), problem: problemOf(error) });
      },
    }) as unknown as ParsedRecord[];
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new RidgeError(`not CSV: ${problemOf(cause)}`, {
      where: typeof cause.lines === 'number' ? `${file}:${cause.lines}` : file,
      mend: 'Check the quotes before this line.',
      cause,
    });
  }
}

function problemOf(error: CsvError | undefined): string {
  switch (error?.code) {
    case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH':
      return `${(error.record as unknown[]).length} fields, the header has ${String(error.column)}`;
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'a quote is not closed';
    case 'CSV_MAX_RECORD_SIZE':
      return 'the line is too long';
    default:
      return 'a quote stands inside a field';
  }
}
