import type { RequestRole, RequestTimeline } from '../measure/timeline.ts';
import type { LoadPort } from './port.ts';

/** A request on its way. */
export interface InFlight {
  readonly sequence: number;
  readonly role: RequestRole;
  /** When the load pattern handed it to the port, on the port's clock. */
  readonly issuedAt: number;
  abort(): void;
}

export interface RequestAsk {
  readonly stream: number;
  readonly role: RequestRole;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly scheduledAt: number;
}

/** The requests of one cell: numbers them, knows which are in flight, keeps every timeline. */
export class Requests {
  readonly timelines: RequestTimeline[] = [];
  readonly #port: LoadPort;
  readonly #inFlight = new Map<number, InFlight>();
  #sequence = 0;

  constructor(port: LoadPort) {
    this.#port = port;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  list(): InFlight[] {
    return [...this.#inFlight.values()];
  }

  /** `ended` is called once, when the request is no longer in flight and its timeline is kept. */
  send(ask: RequestAsk, ended: (timeline: RequestTimeline, request: InFlight) => void): void {
    const sequence = this.#sequence++;
    const request = { sequence, role: ask.role, issuedAt: this.#port.now(), abort: () => abort() };
    this.#inFlight.set(sequence, request);
    const abort = this.#port.send({ ...ask, sequence }, (timeline) => {
      this.#inFlight.delete(sequence);
      this.timelines.push(timeline);
      ended(timeline, request);
    });
  }

  abortAll(): void {
    for (const request of this.list()) request.abort();
  }
}
