/** An answer that is no HTTP/1.x, or one that a client of streams cannot use. */
export class HttpError extends Error {}

/** The peer closed the connection in the middle of an answer. */
export class ClosedEarly extends Error {}

export interface ResponseHead {
  readonly status: number;
  /** By lower-case name; repeated ones joined by ', '. */
  readonly headers: ReadonlyMap<string, string>;
  /** Whether the server means to keep the connection. */
  readonly persistent: boolean;
}

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Reads status line and header lines, without the blank line that ends them. Throws HttpError. */
export function readHead(text: string): ResponseHead {
  const [statusLine = '', ...lines] = text.split(/\r?\n/);
  const [, minor, code] = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/.exec(statusLine) ?? [];
  if (code === undefined) throw new HttpError(`not an HTTP/1.x answer: ${statusLine.slice(0, 40)}`);
  const headers = readHeaders(lines);
  const connection = headers.get('connection')?.toLowerCase() ?? '';
  const persistent = minor === '1' ? !connection.includes('close') : connection.includes('keep-alive');
  return { status: Number(code), headers, persistent };
}

function readHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (!NAME.test(name)) throw new HttpError(`a header line that is none: ${line.slice(0, 40)}`);
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

/** A content-length: one number, perhaps repeated. Throws HttpError. */
export function readLength(value: string): number {
  const [length = '', ...others] = value.split(',').map((part) => part.trim());
  if (!/^\d{1,15}$/.test(length) || others.some((other) => other !== length))
    throw new HttpError(`a content-length that is none: ${value.slice(0, 40)}`);
  return Number(length);
}

/** The size that begins a line of chunked coding, before its extensions. Throws HttpError. */
export function readChunkSize(text: string, at: number): number {
  let size = 0;
  let digits = 0;
  for (; digits <= MOST_DIGITS; digits++) {
    const digit = hexDigit(text.charCodeAt(at + digits));
    if (digit < 0) break;
    size = size * 16 + digit;
  }
  const after = text[at + digits] ?? '';
  if (digits === 0 || digits > MOST_DIGITS || !'\r\n; '.includes(after)) {
    throw new HttpError(`a chunk size that is no number: ${text.slice(at, at + 20)}`);
  }
  return size;
}

/** Of a chunk size; more is no size that a number holds exactly. */
const MOST_DIGITS = 12;

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
