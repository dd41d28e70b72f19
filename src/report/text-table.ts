import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { formatNumber, MISSING } from './format.ts';
import { padText } from './pad-text.ts';
import { plainStyle, type Style } from './style.ts';
import { REPORT_COLUMNS } from './wrap.ts';

export interface Column {
  readonly title: string;
  /** Printed on a line of its own under the titles. */
  readonly unit?: string;
  /** Numbers stand right, text left. Default: `left`. */
  readonly align?: 'left' | 'right';
  /** Of the last column: texts are folded at words instead of cut, at 80 columns where no width is given. */
  readonly folds?: boolean;
}

/** Text as is, numbers with three significant digits, null as `-`. */
export type TableCell = string | number | null;

export interface TableOptions {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly TableCell[])[];
  /** Default: no colour. See `styleFor`. */
  readonly style?: Style;
  /**
   * Columns of the terminal; text columns are cut in the middle with `…` to fit it, but never so far that two texts of a
   * column look alike; numbers never are. Default: no limit.
   */
  readonly width?: number;
}

const GAP = '  ';
const NARROWEST_TEXT = 6;
const LEAST_FOLDED = 20;

/** Rows whose last cell is folded, as rows of their own for each line of it. */
function folded(body: readonly (readonly string[])[], natural: readonly number[], width: number): string[][] {
  const before = natural.slice(0, -1).reduce((sum, one) => sum + one + GAP.length, 0);
  const room = Math.max(LEAST_FOLDED, Math.min(width, REPORT_COLUMNS) - before);
  return body.flatMap((row) =>
    wrapAnsi(row.at(-1)!, room)
      .split('\n')
      .map((line, index) => [...row.slice(0, -1).map((cell) => (index === 0 ? cell : '')), line]),
  );
}

const widthsOf = (columns: readonly Column[], body: readonly (readonly string[])[]): number[] =>
  columns.map((column, index) =>
    Math.max(
      ...[column.title, column.unit ?? '', ...body.map((row) => row[index]!)].map((text) =>
        stringWidth(text),
      ),
    ),
  );

const toText = (cell: TableCell): string =>
  cell === null ? MISSING : typeof cell === 'number' ? formatNumber(cell) : cell;

/** The narrowest width at which texts that differ still look different. */
function leastWidth(texts: readonly string[], natural: number): number {
  const distinct = [...new Set(texts)];
  const looksAlike = (width: number): boolean =>
    new Set(distinct.map((text) => padText(text, width))).size < distinct.length;
  let width = Math.min(NARROWEST_TEXT, natural);
  while (width < natural && looksAlike(width)) width += 1;
  return width;
}

/** Cuts the widest text columns until the table fits or every text column is as narrow as it may be. */
function fitWidths(
  widths: readonly number[],
  least: readonly number[],
  columns: readonly Column[],
  width: number,
): number[] {
  const fitted = [...widths];
  let excess = fitted.reduce((sum, one) => sum + one, 0) + GAP.length * (fitted.length - 1) - width;
  while (excess > 0) {
    const widest = columns.reduce(
      (best, column, index) =>
        column.align !== 'right' &&
        fitted[index]! > least[index]! &&
        (best < 0 || fitted[index]! > fitted[best]!)
          ? index
          : best,
      -1,
    );
    if (widest < 0) break;
    fitted[widest]! -= 1;
    excess -= 1;
  }
  return fitted;
}

/**
 * A table with aligned columns, a line of titles and, where any column has one, a line of units. Cells may hold styled
 * text: widths are those on the screen.
 * @returns lines joined with newlines, none at the end; every row must have as many cells as there are columns
 */
export function renderTable({ columns, rows, style = plainStyle, width = Infinity }: TableOptions): string {
  const texts = rows.map((row) => row.map(toText));
  const body = columns.at(-1)?.folds ? folded(texts, widthsOf(columns, texts), width) : texts;
  const natural = widthsOf(columns, body);
  const least = columns.map((_, index) =>
    width === Infinity
      ? 0
      : leastWidth(
          body.map((row) => row[index]!),
          natural[index]!,
        ),
  );
  const widths = fitWidths(natural, least, columns, width);
  const toLine = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => padText(cell, widths[index]!, columns[index]!.align))
      .join(GAP)
      .trimEnd();

  const header = [style.bold(toLine(columns.map(({ title }) => title)))];
  if (columns.some(({ unit }) => unit)) header.push(style.dim(toLine(columns.map(({ unit }) => unit ?? ''))));
  return [...header, ...body.map(toLine)].join('\n');
}
