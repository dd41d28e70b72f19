import type { RequestSpec } from '../load/port.ts';
import type { RequestTimeline } from '../measure/timeline.ts';
import { watchCoreWait } from '../run-delay.ts';
import { type Api, pathOf } from './api.ts';
import { Backlog } from './backlog.ts';
import { Connections } from './connections.ts';
import { authorization, endpointUrl } from './http.ts';
import { freshSalt } from './prompts.ts';
import type { ClientCounts, SocketCounts } from './socket-counts.ts';
import { StampClock } from './stamp-clock.ts';
import { type RequestLimits, StreamRequest } from './stream-request.ts';

/** Whatever sends requests: the sockets of this thread, or those of others. */
export interface Senders {
  /** Resolves when requests leave without a wait. */
  ready(): Promise<void>;
  /** As `LoadPort.send`, with the request's body. */
  send(spec: RequestSpec, body: string, ended: (timeline: RequestTimeline) => void): () => void;
  counts(): Promise<ClientCounts>;
  /** Call it when no request is in flight. */
  close(): Promise<void>;
}

/** Where requests go, and what limits them. */
export interface SenderOptions extends RequestLimits {
  /** Base URL of the server, without `/v1`. */
  readonly url: string;
  readonly apiKey: string | null;
  readonly api?: Api | undefined;
  /** Headers of every request beside its own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Begins the id of every request, see `requestId`; default: a new one. */
  readonly session?: string;
}

/** A new beginning of request ids: vLLM takes them over, so they must be new, and they find a request in the server's log. */
export const newSession = (): string => freshSalt().slice(0, 8);

/** The `x-request-id` of a request. */
export const requestId = (session: string, sequence: number): string => `ridge-${session}-${sequence}`;

/** After so long without data the clock is told, and again. */
const TICK_MS = 10;

/** Sends requests from this thread: a connection each, stamps on this thread's clock (`performance.now()` in seconds). */
export class Sender implements Senders {
  readonly #options: SenderOptions;
  readonly #counts: SocketCounts = { connections: 0, reads: 0, fullReads: 0 };
  readonly #clock: StampClock = new StampClock(() => this.#turnEnded());
  readonly #backlog: Backlog = new Backlog(this.#clock);
  readonly #coreWait = watchCoreWait();
  readonly #connections: Connections;
  readonly #ticking: NodeJS.Timeout;
  readonly #head: string;
  readonly #session: string;

  constructor(options: SenderOptions) {
    const origin = new URL(endpointUrl(options.url, pathOf(options.api ?? 'completions')));
    this.#options = options;
    this.#session = options.session ?? newSession();
    this.#head = requestHead(origin, options);
    const [clock, backlog, counts] = [this.#clock, this.#backlog, this.#counts];
    this.#connections = new Connections({ origin, clock, backlog, counts });
    this.#ticking = setTimeout(() => {
      clock.tick();
      this.#ticking.refresh();
    }, TICK_MS).unref();
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  #turnEnded(): void {
    this.#backlog.turnEnded();
    // Whoever reads needs no tick: each wakes the thread.
    this.#ticking.refresh();
  }

  send(spec: RequestSpec, body: string, ended: (timeline: RequestTimeline) => void): () => void {
    const connection = this.#connections.take();
    const turn = { clock: this.#clock, backlog: this.#backlog };
    const request = new StreamRequest(spec, turn, connection, this.#options, (timeline) => {
      if (timeline.outcome.state === 'completed') this.#connections.release(connection);
      else this.#connections.drop(connection);
      ended(timeline);
    });
    const id = requestId(this.#session, spec.sequence);
    const length = Buffer.byteLength(body);
    connection.request(
      `${this.#head}x-request-id: ${id}\r\ncontent-length: ${length}\r\n\r\n${body}`,
      request,
    );
    return () => request.abort();
  }

  counts(): Promise<ClientCounts> {
    return Promise.resolve({
      ...this.#counts,
      unparsedPeak: this.#backlog.peak,
      coreWaitShare: this.#coreWait(),
    });
  }

  close(): Promise<void> {
    clearTimeout(this.#ticking);
    this.#connections.close();
    return Promise.resolve();
  }
}

/** All of a request's head that does not change from one to the next. */
function requestHead(target: URL, { apiKey, headers: own }: SenderOptions): string {
  const headers = {
    host: target.host,
    connection: 'keep-alive',
    'content-type': 'application/json',
    accept: 'text/event-stream',
    'accept-encoding': 'identity',
    ...authorization(apiKey),
    ...own,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${target.pathname} HTTP/1.1\r\n${lines.join('')}`;
}
