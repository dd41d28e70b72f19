import type { LoadPort } from '../load/port.ts';
import { Connections } from './connections.ts';
import { authorization, endpointUrl } from './http.ts';
import { freshSalt, type PromptSource } from './prompts.ts';
import { type BodyOptions, completionBody } from './request-body.ts';
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
}

/** How often the clock is told that no data came. */
const TICK_MS = 10;
/** Longest delay that a timer of Node can hold. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * A vLLM server over real sockets: one keep-alive HTTP/1.1 connection a request in flight, as many as the load wants.
 * Timelines are on the process's monotonic clock (`performance.now()` in seconds). Close it when no request is in flight.
 */
export function createEndpointPort(options: EndpointPortOptions): LoadPort & { close(): Promise<void> } {
  const target = new URL(endpointUrl(options.url, '/v1/completions'));
  const clock = new StampClock();
  const ticking = setInterval(() => clock.tick(), TICK_MS).unref();
  const connections = new Connections(target.origin);
  // vLLM takes over the id of a request: it must be new, and it finds the request in the server's log.
  const session = freshSalt().slice(0, 8);
  const headers = {
    'content-type': 'application/json',
    accept: 'text/event-stream',
    ...authorization(options.apiKey),
  };
  return {
    now: () => clock.now(),
    at: (time, wake) => wakeAt(clock, time, wake),
    send: (spec, ended) => {
      const body = completionBody(spec, options.prompts.next(spec.inputTokens), options);
      const client = connections.take();
      const request = new StreamRequest(spec, clock, options, (timeline) => {
        if (timeline.outcome.state === 'completed') connections.release(client);
        else connections.drop(client);
        ended(timeline);
      });
      const id = { 'x-request-id': `ridge-${session}-${spec.sequence}` };
      client.dispatch(
        { path: target.pathname, method: 'POST', headers: { ...headers, ...id }, body },
        request,
      );
      return () => request.abort();
    },
    close: () => {
      clearInterval(ticking);
      return connections.close();
    },
  };
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
