import type { LoadPort } from '../load/port.ts';
import type { PromptSource } from './prompts.ts';
import { type BodyOptions, completionBody } from './request-body.ts';
import { Sender, type SenderOptions, type Senders } from './sender.ts';
import { SenderThreads } from './sender-threads.ts';

export interface EndpointPortOptions extends BodyOptions, SenderOptions {
  readonly prompts: PromptSource;
  /** Threads that send and read, where one core is not enough; 1, the default, is the thread that calls. */
  readonly workers?: number;
}

/** A load port with what its sockets have seen. Close it when no request is in flight. */
export type EndpointPort = LoadPort & Pick<Senders, 'ready' | 'counts' | 'close'>;

/** Longest delay that a timer of Node can hold. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const now = (): number => performance.now() / 1000;

/**
 * A vLLM server over real sockets: one keep-alive HTTP/1.1 connection a request in flight, as many as the load wants.
 * Timelines are on this thread's monotonic clock (`performance.now()` in seconds), whichever thread took them.
 */
export function createEndpointPort(options: EndpointPortOptions): EndpointPort {
  const { url, apiKey, api, requestTimeoutSeconds, stallTimeoutSeconds, workers = 1 } = options;
  const sending = { url, apiKey, api, requestTimeoutSeconds, stallTimeoutSeconds };
  const senders = workers > 1 ? new SenderThreads(sending, workers) : new Sender(sending);
  return {
    now,
    at: wakeAt,
    send: (spec, ended) => {
      const body = completionBody(spec, options.prompts.next(spec.inputTokens), options);
      return senders.send(spec, body, ended);
    },
    ready: () => senders.ready(),
    counts: () => senders.counts(),
    close: () => senders.close(),
  };
}

/** Node's timers count whole milliseconds and may fire a fraction early: the rest is waited for, never span. */
function wakeAt(time: number, wake: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const milliseconds = Math.min(LONGEST_TIMER_MS, Math.max(0, Math.ceil(1000 * (time - now()))));
    timer = setTimeout(() => (now() < time ? arm() : wake()), milliseconds);
  };
  arm();
  return () => clearTimeout(timer);
}
