import type { Socket } from 'node:net';
import type { Backlog, Unparsed } from './backlog.ts';
import type { ResponseHead } from './http-head.ts';
import { HttpReader, type ResponseSink } from './http-reader.ts';
import { openSocket } from './open-socket.ts';
import type { SocketCounts } from './socket-counts.ts';
import type { Stamp, StampClock } from './stamp-clock.ts';

/** What a connection tells of the answer to its request; times are stamps of socket reads. */
export interface AnswerHandler {
  /** The request is handed to the socket now. */
  sent(at_s: number): void;
  head(head: ResponseHead, stamp: Stamp): void;
  body(text: string, stamp: Stamp): void;
  end(stamp: Stamp): void;
  /** The connection broke, could not be made or did not speak HTTP. */
  failed(error: Error, at_s: number): void;
}

/** What all connections of a port share. */
export interface ConnectionContext {
  readonly origin: URL;
  readonly clock: StampClock;
  readonly backlog: Backlog;
  readonly counts: SocketCounts;
  /** The connection is over; it is of no use to anyone. */
  readonly gone: (connection: Connection) => void;
}

const CONNECT_TIMEOUT_MS = 10_000;
const LAST_CHUNK = '0\r\n\r\n';

/** One keep-alive connection with one request at a time. Reads are stamped and kept; parsing waits in the backlog. */
export class Connection implements Unparsed, ResponseSink {
  readonly #context: ConnectionContext;
  readonly #socket: Socket;
  readonly #reader = new HttpReader(this);
  #handler: AnswerHandler | null = null;
  #texts: string[] = [];
  #stamps: Stamp[] = [];
  /** Stamp of the read that is being parsed. */
  #stamp: Stamp = { at_s: 0, bound_s: 0 };
  /** Stamp of the read that completed the answer, until its handler has been told. */
  #whole: Stamp | null = null;
  #error: Error | null = null;
  /** Connected, and secured where it has to be. */
  #ready = false;
  /** Writes the request that waits for it. */
  #write: (() => void) | null = null;
  #over = false;
  #reusable = true;
  /** When its last answer ended; how long it has been idle. */
  idleSince = 0;

  constructor(context: ConnectionContext) {
    this.#context = context;
    this.#socket = openSocket(context.origin, {
      read: (bytes, length, full) => this.#read(bytes, length, full),
      ready: () => {
        clearTimeout(timer);
        this.#ready = true;
        context.counts.connections += 1;
        this.#write?.();
      },
    });
    this.#socket.setNoDelay(true);
    const timer = setTimeout(() => {
      this.#error = new Error(`no connection within ${CONNECT_TIMEOUT_MS / 1000} s (ETIMEDOUT)`);
      this.#socket.destroy();
    }, CONNECT_TIMEOUT_MS);
    this.#socket.on('error', (error) => {
      this.#error ??= error;
    });
    this.#socket.once('close', () => {
      clearTimeout(timer);
      const at = context.clock.now();
      context.backlog.soon(() => this.#closed(at));
    });
  }

  /** Sends a request; `handler` is told of its answer until its end or failure. */
  request(text: string, handler: AnswerHandler): void {
    this.#handler = handler;
    this.#reader.next();
    this.#write = () => {
      this.#write = null;
      if (this.#handler !== handler || this.#socket.destroyed) return;
      handler.sent(this.#context.clock.now());
      this.#socket.write(text);
    };
    if (this.#ready) this.#write();
  }

  /** Whether the connection can take another request. */
  get reusable(): boolean {
    return this.#reusable && !this.#over && !this.#socket.destroyed && this.#socket.readyState === 'open';
  }

  /** Ends it; a handler that waits hears nothing more. */
  destroy(): void {
    this.#handler = null;
    this.#over = true;
    this.#socket.destroy();
  }

  parse(): void {
    const [texts, stamps] = [this.#texts, this.#stamps];
    if (texts.length === 0) return;
    this.#texts = [];
    this.#stamps = [];
    try {
      for (let i = 0; i < texts.length; i++) {
        this.#context.backlog.shrank(texts[i]!.length);
        this.#stamp = stamps[i]!;
        if (!this.#over) this.#reader.feed(texts[i]!);
      }
    } catch (error) {
      // An answer that is whole stands; what follows it spoils only the connection.
      if (this.#whole === null) this.#fail(error as Error, this.#stamp.at_s);
      else this.#reusable = false;
    }
    this.#finish();
  }

  head(head: ResponseHead): void {
    this.#handler?.head(head, this.#stamp);
  }

  body(text: string): void {
    this.#handler?.body(text, this.#stamp);
  }

  end(reusable: boolean): void {
    this.#reusable &&= reusable;
    this.#whole = this.#stamp;
  }

  /** Tells of the end when all that was read is parsed: the handler may send the next request at once. */
  #finish(): void {
    const [whole, handler] = [this.#whole, this.#handler];
    if (whole === null) return;
    this.#whole = null;
    this.#handler = null;
    this.idleSince = whole.at_s;
    handler?.end(whole);
  }

  #read(bytes: Buffer, length: number, full: boolean): void {
    const stamp = this.#context.clock.stamp();
    const { counts, backlog } = this.#context;
    counts.reads += 1;
    if (full) counts.fullReads += 1;
    const text = bytes.toString('latin1', 0, length);
    if (this.#texts.length === 0) backlog.later(this);
    this.#texts.push(text);
    this.#stamps.push(stamp);
    backlog.grew(length);
    if (this.#mayEnd(text)) backlog.soon(() => this.parse());
  }

  /** Whether the answer may be over with this read, or cannot be known not to be. */
  #mayEnd(text: string): boolean {
    if (text.endsWith(LAST_CHUNK)) return true;
    return !this.#reader.chunked && !/transfer-encoding: *chunked/i.test(text);
  }

  #closed(at_s: number): void {
    this.parse();
    if (this.#over) return;
    try {
      if (this.#error !== null) throw this.#error;
      this.#stamp = { at_s, bound_s: 0 };
      if (this.#handler !== null) this.#reader.close();
      this.#over = true;
      this.#context.gone(this);
      this.#finish();
    } catch (error) {
      this.#fail(error as Error, at_s);
    }
  }

  #fail(error: Error, at_s: number): void {
    this.#over = true;
    const handler = this.#handler;
    this.#handler = null;
    this.#socket.destroy();
    this.#context.gone(this);
    handler?.failed(error, at_s);
  }
}
