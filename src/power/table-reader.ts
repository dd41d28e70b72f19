import { parse } from 'csv-parse/sync';

/** One row by the names of its header, units cut off: `power.draw [W]` is `power.draw`. */
export type TableRow = Readonly<Record<string, string>>;

export interface TableOptions {
  /** Whether a line is a header; preambles before the first one are passed over, repeated ones are read again. */
  isHeader(line: string): boolean;
}

const nameOf = (column: string): string => column.replace(/\s*[[(].*[\])]\s*$/, '').trim();

/**
 * Reads the lines of a tool that prints CSV for ever: columns by the names of the header, which may come again in between.
 * Strict about the number of fields, since a shifted column would be a wrong power; a row that does not fit is counted.
 */
export class TableReader {
  readonly #options: TableOptions;
  #columns: readonly string[] | null = null;
  #skipped = 0;

  constructor(options: TableOptions) {
    this.#options = options;
  }

  /** Rows that could not be read so far. */
  get skipped(): number {
    return this.#skipped;
  }

  get columns(): readonly string[] | null {
    return this.#columns;
  }

  /** @returns the row of a line; null for a header, a preamble or a line that is not a row */
  read(line: string): TableRow | null {
    const text = line.replace(/\r$/, '');
    if (text.trim() === '') return null;
    if (this.#options.isHeader(text)) {
      this.#columns = fieldsOf(text)?.map(nameOf) ?? null;
      return null;
    }
    const columns = this.#columns;
    if (columns === null) return null;
    const fields = fieldsOf(text);
    if (fields === null || fields.length !== columns.length) {
      this.#skipped += 1;
      return null;
    }
    return Object.fromEntries(columns.map((name, index) => [name, fields[index]!]));
  }
}

function fieldsOf(line: string): string[] | null {
  try {
    return (parse(line, { trim: true }) as string[][])[0] ?? null;
  } catch {
    return null;
  }
}

/** Names that a table may give to the two columns without which a reading says nothing. */
export interface NeededColumns {
  readonly power: readonly string[];
  readonly device: readonly string[];
}

/** `lacks` of a sample from this row: nothing where the table has both. */
export function lacksOf(row: TableRow, needed: NeededColumns): { readonly lacks?: string } {
  const columns = Object.keys(row);
  const missing = (['power', 'device'] as const).find((name) => columnOf(columns, needed[name]) === null);
  return missing === undefined ? {} : { lacks: `no ${missing} column among ${columns.join(', ')}` };
}

/** The first of these columns that the table has. */
export const columnOf = (columns: readonly string[], names: readonly string[]): string | null =>
  names.find((name) => columns.includes(name)) ?? null;
