/** One row of a file as it stands there: its line and the text of each named column. A map, so no name is special. */
export interface SourceRow {
  readonly line: number;
  readonly cells: ReadonlyMap<string, string>;
}

/** A row that cannot be used, and why. */
export interface BadRow {
  readonly line: number;
  readonly problem: string;
}

/** The rows of a file. Rows that could not be taken apart are in `badRows`, never left out silently. */
export interface SourceTable {
  readonly columns: readonly string[];
  readonly rows: readonly SourceRow[];
  readonly badRows: readonly BadRow[];
}

/** What is wrong with one row; the import goes on with the others. */
export class RowProblem extends Error {}

/** Text of a column; null where it is blank or absent. */
export function optionalText(row: SourceRow, column: string): string | null {
  const text = row.cells.get(column);
  return text === undefined || text === '' ? null : text;
}

/** @throws RowProblem when it is blank or absent */
export function text(row: SourceRow, column: string): string {
  const found = optionalText(row, column);
  if (found === null) throw new RowProblem(`${column} is blank`);
  return found;
}

/** A number of a column; null where it is blank or absent. @throws RowProblem when it is no number of 0 or more */
export function optionalNumber(row: SourceRow, column: string): number | null {
  const found = optionalText(row, column);
  if (found === null) return null;
  const value = Number(found);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new RowProblem(`${column} is '${shortened(found)}', not a number of 0 or more`);
}

/** @throws RowProblem when it is blank or no number above 0 */
export function positive(row: SourceRow, column: string): number {
  const value = optionalNumber(row, column);
  if (value === null) throw new RowProblem(`${column} is blank`);
  if (value > 0) return value;
  throw new RowProblem(`${column} is 0`);
}

/** @throws RowProblem when it is blank or no whole number of 1 or more (`8.0` is one) */
export function whole(row: SourceRow, column: string): number {
  const value = positive(row, column);
  if (Number.isInteger(value)) return value;
  throw new RowProblem(`${column} is ${value}, not a whole number`);
}

const LONGEST_QUOTE = 40;
const shortened = (value: string): string =>
  value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}...` : value;
