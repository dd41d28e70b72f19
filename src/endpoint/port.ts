import type { LoadPort } from '../load/port.ts';
import { Backlog } from './backlog.ts';
import { Connections } from './connections.ts';
import { authorization, endpointUrl } from './http.ts';
import { freshSalt, type PromptSource } from './prompts.ts';
import { type BodyOptions, completionBody } from './request-body.ts';
import type { SocketCounts } from './socket-counts.ts';
import { StampClock } from './stamp-clock.ts';
import { StreamRequest } from './stream-request.ts';

export interface EndpointPortOptions extends BodyOptions {
  /** Base URL of the server, without `/v1`. */
  readonly url: string;
  readonly apiKey: string | null;
  readonly prompts: PromptSource;
  readonly requestTimeoutSeconds: number;
  /** Silence after the first token that ends a request. */
  readonly stallTimeoutSeconds: number;
  /** Threads that read sockets; 1, the default: this one. */
  readonly workers?: number;
}

/** A load port with what its sockets have seen. Close it when no request is in flight. */
export interface EndpointPort extends LoadPort {
  counts(): SocketCounts & { readonly unparsedPeak: number };
  close(): Promise<void>;
}

/** How often the clock is told that no data came. */
const TICK_MS = 10;
/** Longest delay that a timer of Node can hold. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * A vLLM server over real sockets: one keep-alive HTTP/1.1 connection a request in flight, as many as the load wants.
 * Timelines are on the process's monotonic clock (`performance.now()` in seconds). Close it when no request is in flight.
 */
export function createEndpointPort(options: EndpointPortOptions): EndpointPort {
  const target = new URL(endpointUrl(options.url, '/v1/completions'));
  const clock: StampClock = new StampClock(() => backlog.turnEnded());
  const backlog = new Backlog(clock);
  const counts: SocketCounts = { connections: 0, reads: 0, fullReads: 0 };
  const connections = new Connections({ origin: target, clock, backlog, counts });
  const ticking = setInterval(() => clock.tick(), TICK_MS).unref();
  // vLLM takes over the id of a request: it must be new, and it finds the request in the server's log.
  const session = freshSalt().slice(0, 8);
  const head = requestHead(target, options.apiKey);
  return {
    now: () => clock.now(),
    at: (time, wake) => wakeAt(clock, time, wake),
    send: (spec, ended) => {
      const body = completionBody(spec, options.prompts.next(spec.inputTokens), options);
      const connection = connections.take();
      const request = new StreamRequest(spec, { clock, backlog }, connection, options, (timeline) => {
        if (timeline.outcome.state === 'completed') connections.release(connection);
        else connections.drop(connection);
        ended(timeline);
      });
      const id = `ridge-${session}-${spec.sequence}`;
      connection.request(
        `${head}x-request-id: ${id}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        request,
      );
      return () => request.abort();
    },
    counts: () => ({ ...counts, unparsedPeak: backlog.peak }),
    close: () => {
      clearInterval(ticking);
      connections.close();
      return Promise.resolve();
    },
  };
}

/** All of a request's head that does not change from one to the next. */
function requestHead(target: URL, apiKey: string | null): string {
  const headers = {
    host: target.host,
    connection: 'keep-alive',
    'content-type': 'application/json',
    accept: 'text/event-stream',
    'accept-encoding': 'identity',
    ...authorization(apiKey),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${target.pathname} HTTP/1.1\r\n${lines.join('')}`;
}

/** Node's timers count whole milliseconds and may fire a fraction early: the rest is waited for, never span. */
function wakeAt(clock: StampClock, time: number, wake: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const milliseconds = Math.min(LONGEST_TIMER_MS, Math.max(0, Math.ceil(1000 * (time - clock.now()))));
    timer = setTimeout(() => (clock.now() < time ? arm() : wake()), milliseconds);
  };
  arm();
  return () => clearTimeout(timer);
}
