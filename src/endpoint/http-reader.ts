import {
  ClosedEarly,
  HttpError,
  type ResponseHead,
  readChunkSize,
  readHead,
  readLength,
} from './http-head.ts';

/** What a reader tells, in order: one head, any number of pieces of body, one end. */
export interface ResponseSink {
  head(head: ResponseHead): void;
  /** Latin-1: one character a byte. Of chunked transfer coding, a whole chunk where it came in one read. */
  body(text: string): void;
  /** `reusable`: the connection can take another request. */
  end(reusable: boolean): void;
}

type State =
  | 'head'
  | 'length'
  | 'chunk_size'
  | 'chunk_data'
  | 'chunk_end'
  | 'trailers'
  | 'until_close'
  | 'done';

const LONGEST_HEAD = 64 * 1024;
const LONGEST_SIZE_LINE = 1024;

/**
 * Reads one HTTP/1.x response after another from latin-1 text (one character a byte), cut anywhere. Knows what answers to
 * a POST need: informational heads, content-length, chunked coding with extensions and trailers, bodies that end with the
 * connection; lines may end with CRLF or LF. Everything else is an `HttpError`, and the connection is then of no use.
 */
export class HttpReader {
  readonly #sink: ResponseSink;
  #state: State = 'head';
  /** What came and could not be used yet. */
  #rest = '';
  /** Characters of body still to come, of the whole or of the chunk. */
  #left = 0;
  #reusable = true;
  /** Characters of an unfinished head that hold no blank line. */
  #searched = 0;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  /** Throws HttpError. */
  feed(piece: string): void {
    const text = this.#rest === '' ? piece : this.#rest + piece;
    this.#rest = '';
    let at = 0;
    while (at < text.length) {
      const next = this.#step(text, at);
      if (next < 0) {
        this.#rest = text.slice(at);
        return;
      }
      at = next;
    }
  }

  /** The peer has closed the connection. Throws ClosedEarly when the answer is not whole. */
  close(): void {
    if (this.#state === 'until_close') this.#end();
    else if (this.#state !== 'done')
      throw new ClosedEarly('the server closed the connection before the answer was whole');
  }

  /** A new request has been sent on this connection. */
  next(): void {
    this.#state = 'head';
  }

  /** Whether the body that is being read comes in chunked coding. */
  get chunked(): boolean {
    return this.#state.startsWith('chunk');
  }

  /** Uses text from `at` on and returns where it stopped; -1 when there is too little of it. */
  #step(text: string, at: number): number {
    switch (this.#state) {
      case 'chunk_size':
        return this.#chunkSize(text, at);
      case 'chunk_data':
      case 'length':
        return this.#data(text, at);
      case 'chunk_end':
        return this.#chunkEnd(text, at);
      case 'head':
        return this.#head(text, at);
      case 'trailers':
        return this.#trailer(text, at);
      case 'until_close':
        this.#sink.body(text.slice(at));
        return text.length;
      case 'done':
        throw new HttpError('bytes after the end of the answer');
    }
  }

  #chunkSize(text: string, at: number): number {
    const end = lineEnd(text, at, LONGEST_SIZE_LINE);
    if (end < 0) return -1;
    const size = readChunkSize(text, at);
    this.#left = size;
    this.#state = size === 0 ? 'trailers' : 'chunk_data';
    return end + 1;
  }

  #data(text: string, at: number): number {
    const end = Math.min(text.length, at + this.#left);
    this.#left -= end - at;
    this.#sink.body(text.slice(at, end));
    if (this.#left === 0) {
      if (this.#state === 'length') this.#end();
      else this.#state = 'chunk_end';
    }
    return end;
  }

  #chunkEnd(text: string, at: number): number {
    const end = text[at] === '\r' ? at + 1 : at;
    if (end === text.length) return -1;
    if (text[end] !== '\n') throw new HttpError('a chunk that is longer than its size');
    this.#state = 'chunk_size';
    return end + 1;
  }

  #trailer(text: string, at: number): number {
    const end = lineEnd(text, at, LONGEST_HEAD);
    if (end < 0) return -1;
    if (text.slice(at, end).trim() === '') this.#end();
    return end + 1;
  }

  #end(): void {
    this.#state = 'done';
    this.#sink.end(this.#reusable);
  }

  #head(text: string, at: number): number {
    const blank = /\r?\n\r?\n/g;
    // What was searched before is not searched again; a blank line may be cut.
    blank.lastIndex = at + Math.max(0, this.#searched - 3);
    const match = blank.exec(text);
    if ((match?.index ?? text.length) - at > LONGEST_HEAD) throw new HttpError('a head that is too long');
    this.#searched = match === null ? text.length - at : 0;
    if (match === null) {
      // Told at once, not when a head that never comes has run into a timeout.
      if (!'HTTP/1.'.startsWith(text.slice(at, at + 7))) throw new HttpError('not an HTTP/1.x answer');
      return -1;
    }
    const head = readHead(text.slice(at, match.index));
    if (head.status === 101) throw new HttpError('the server changes the protocol, which nobody asked for');
    if (head.status >= 200) this.#begin(head);
    return match.index + match[0].length;
  }

  #begin(head: ResponseHead): void {
    const { status, headers } = head;
    this.#reusable = head.persistent;
    const coding = headers.get('transfer-encoding')?.toLowerCase();
    const length = headers.get('content-length');
    if (coding !== undefined && coding !== 'chunked')
      throw new HttpError(`transfer coding '${coding}', which nobody asked for`);
    this.#left = length === undefined || coding !== undefined ? 0 : readLength(length);
    this.#sink.head(head);
    if (status === 204 || status === 304) this.#end();
    else if (coding !== undefined) {
      // Both at once: some proxy on the way may have been misled.
      this.#reusable &&= length === undefined;
      this.#state = 'chunk_size';
    } else if (length === undefined) {
      this.#reusable = false;
      this.#state = 'until_close';
    } else if (this.#left === 0) this.#end();
    else this.#state = 'length';
  }
}

function lineEnd(text: string, at: number, longest: number): number {
  const end = text.indexOf('\n', at);
  if ((end < 0 ? text.length : end) - at > longest) throw new HttpError('a line that is too long');
  return end;
}
