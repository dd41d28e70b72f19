import { type CsvError, type Info, parse } from 'csv-parse/sync';
import { RidgeError } from '../errors.ts';
import { MOST_TRACE_REQUESTS } from './schema.ts';
import type { TraceColumns } from './trace.ts';

type Column = keyof TraceColumns;

/** Names that published traces give the columns, without case, blanks and underscores. */
const NAMES: Readonly<Record<Column, readonly string[]>> = {
  at_s: ['timestamp', 'arrivaltimestamp', 'arrivaltime', 'arrivedat', 'time'],
  input_tokens: [
    'inputtokens',
    'contexttokens',
    'inputlength',
    'prompttokens',
    'promptsize',
    'requesttokens',
  ],
  output_tokens: ['outputtokens', 'generatedtokens', 'outputlength', 'tokensize', 'responsetokens'],
};
const SHOWN: Readonly<Record<Column, string>> = {
  at_s: 'timestamp',
  input_tokens: 'input_tokens',
  output_tokens: 'output_tokens',
};
const NAMED_COLUMNS = 'Its first line names the columns: timestamp, input_tokens, output_tokens.';
const COLUMNS = Object.keys(NAMES) as Column[];
const LONGEST_TOKENS = 10_000_000;

interface ParsedRecord {
  readonly record: readonly string[];
  readonly info: Pick<Info, 'lines'>;
}

/**
 * Requests of a CSV file with a line of names: `timestamp, input_tokens, output_tokens`, or the names of the Azure and Splitwise
 * traces. A timestamp is seconds, or a date and time.
 * @param most requests taken, from the first on
 * @throws RidgeError (exit 2) with file:line of what is no request, or goes back in time
 */
export function parseTrace(text: string, file: string, most = MOST_TRACE_REQUESTS): TraceColumns {
  const [header, ...rows] = records(text, file, most);
  if (header === undefined) throw new RidgeError('the trace is empty', { where: file, mend: NAMED_COLUMNS });
  const places = placesOf(header.record, file);
  const columns: Record<Column, number[]> = { at_s: [], input_tokens: [], output_tokens: [] };
  for (const { record, info } of rows) {
    const where = `${file}:${info.lines}`;
    const at = seconds(record[places.at_s]!, where);
    const before = columns.at_s.at(-1);
    if (before !== undefined && at < before) {
      throw new RidgeError('this request came before the one above it', {
        where,
        mend: 'Sort the file by time.',
      });
    }
    columns.at_s.push(at);
    for (const name of ['input_tokens', 'output_tokens'] as const)
      columns[name].push(tokens(record[places[name]]!, name, where));
  }
  return fromZero(columns, file);
}

function records(text: string, file: string, most: number): ParsedRecord[] {
  try {
    // The header is a record, too.
    return parse(text, {
      bom: true,
      info: true,
      skip_empty_lines: true,
      trim: true,
      to: most + 1,
    }) as unknown as ParsedRecord[];
  } catch (cause) {
    const { lines, message } = cause as CsvError;
    throw new RidgeError(message.replace(/ (on|at) line \d+$/, ''), { where: `${file}:${lines}`, cause });
  }
}

function placesOf(header: readonly string[], file: string): Record<Column, number> {
  const plain = header.map((name) => name.toLowerCase().replaceAll(/[\s_]/g, ''));
  const place = (column: Column): number => plain.findIndex((name) => NAMES[column].includes(name));
  const missing = COLUMNS.find((column) => place(column) < 0);
  if (missing !== undefined) {
    throw new RidgeError(`no column '${SHOWN[missing]}' in the trace`, {
      where: `${file}:1`,
      mend: NAMED_COLUMNS,
    });
  }
  return { at_s: place('at_s'), input_tokens: place('input_tokens'), output_tokens: place('output_tokens') };
}

/** A number of seconds, or a date and time such as `2023-11-16 18:17:03.9799600`, which JavaScript reads to the millisecond. */
function seconds(text: string, where: string): number {
  const number = text === '' ? Number.NaN : Number(text);
  if (Number.isFinite(number)) return number;
  const [, whole = text, fraction = ''] = /^(.*:\d\d)(\.\d+)?(?:Z|\+00:00)?$/.exec(text) ?? [];
  const date = Date.parse(`${whole.replace(' ', 'T')}Z`);
  if (Number.isFinite(date)) return date / 1000 + Number(fraction || 0);
  throw new RidgeError(`timestamp '${text}' is neither seconds nor a date and time`, { where });
}

function tokens(text: string, column: 'input_tokens' | 'output_tokens', where: string): number {
  const value = text === '' ? Number.NaN : Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= LONGEST_TOKENS) return value;
  throw new RidgeError(`${column} is '${text}', not a whole number from 1 to ${LONGEST_TOKENS}`, { where });
}

function fromZero(columns: Record<Column, number[]>, file: string): TraceColumns {
  const first = columns.at_s[0];
  const last = columns.at_s.at(-1);
  if (first === undefined || last === undefined || last === first) {
    throw new RidgeError('a trace needs two requests at different times', { where: file });
  }
  // Microseconds: what times of day keep of their digits.
  return { ...columns, at_s: columns.at_s.map((at) => Math.round((at - first) * 1e6) / 1e6) };
}
