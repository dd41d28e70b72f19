import { drawGaps } from '../../stats/gaps.ts';
import { childSeed, createRandom } from '../../stats/random.ts';
import { Arrivals } from './arrivals.ts';
import type { PromptQueue } from './prompt-queue.ts';
import type { RequestLog } from './request-log.ts';
import type { SimulatedLoad } from './simulated-load.ts';

/**
 * Requests on their way to the engine: those of a closed loop are sent when the last one of their stream is done, those of an
 * open loop arrive at times of their own.
 */
export class IncomingRequests {
  readonly #load: SimulatedLoad;
  readonly #requests: RequestLog;
  readonly #arrivals = new Arrivals();
  /** Requests that a closed loop sends, unless it holds its load. */
  readonly #total: number;
  /** Of an open loop: when the next request arrives, one a call. */
  readonly #nextDue: (() => number) | null;
  /** When the request that was sent last is taken in, where that takes time. */
  #takenIn = 0;

  constructor(load: SimulatedLoad, requests: RequestLog, total: number) {
    this.#load = load;
    this.#requests = requests;
    this.#total = total;
    this.#nextDue = load.arrivals === undefined ? null : dueTimes(load.arrivals, load.seed);
  }

  /** When the next request arrives, s; Infinity when none is on its way. */
  get next(): number {
    return this.#arrivals.next;
  }

  /** Sends each stream's first request, or expects the first of an open loop; the time is 0. */
  begin(): void {
    const { streams, releaseSeconds } = this.#load;
    if (this.#nextDue !== null) this.#expect(this.#nextDue());
    else for (let stream = 0; stream < streams; stream += 1) this.#send(0, 0, stream * releaseSeconds);
  }

  /** A request ended at `now`, when so many events were over: its stream sends the next one. */
  finished(now: number, events: number): void {
    if (this.#nextDue === null) this.#send(now, events, this.#load.turnAroundSeconds);
  }

  /**
   * Puts in the queue what has arrived by `now`.
   * @param events that are over
   * @param began when the last of them began
   */
  receive(queue: PromptQueue, now: number, events: number, began: number): void {
    while (this.#arrivals.next <= now) {
      const at = this.#arrivals.next;
      const request = this.#arrivals.take();
      if (this.#nextDue !== null) {
        this.#requests.arrived(request, Math.max(0, events - 1), at - began);
        this.#expect(this.#nextDue());
      }
      queue.add(request, this.#requests.input[request]!);
    }
  }

  /** Sends the next request `offset` seconds from now. */
  #send(now: number, events: number, offset: number): void {
    const { holdsLoad, arrivalSeconds, intakeSeconds = 0 } = this.#load;
    if (!holdsLoad && this.#requests.sent >= this.#total) return;
    const request = this.#requests.send(events, offset);
    const arrival = now + offset + arrivalSeconds;
    if (intakeSeconds > 0) this.#takenIn = Math.max(arrival, this.#takenIn) + intakeSeconds;
    this.#arrivals.add(request, intakeSeconds > 0 ? this.#takenIn : arrival);
  }

  /** A request of an open loop that will arrive at a time of its own. */
  #expect(at: number): void {
    this.#arrivals.add(this.#requests.send(0, 0), at);
  }
}

function dueTimes(arrivals: NonNullable<SimulatedLoad['arrivals']>, seed: number): () => number {
  const gap = drawGaps(arrivals, createRandom(childSeed(seed, 2)));
  let at = 0;
  return () => {
    at += gap() / arrivals.ratePerSecond;
    return at;
  };
}
