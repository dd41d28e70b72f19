import { findStall, type Stall } from '../measure/stalls.ts';
import type { Requests } from './requests.ts';

/** Looked for again each time that so many times as many requests of the window have ended. */
const NEXT_LOOK = 1.25;
const FIRST_LOOK = 8;
/** With more requests a look would cost the client time that its stamps need; what stalls then shows when the cell is judged. */
const MOST_REQUESTS = 4000;

/** Looks for stalls in a window while it is open. */
export class StallWatch {
  readonly #openedAt: number;
  readonly #requests: Requests;
  readonly #limit: number;
  readonly #inFlight: number | null;
  readonly #before: number;
  #nextLook = FIRST_LOOK;

  /**
   * @param limit a gap above so many times the median of its kind is a stall
   * @param inFlight of an open loop; null: a closed one
   */
  constructor(openedAt: number, requests: Requests, limit: number, inFlight: number | null) {
    this.#openedAt = openedAt;
    this.#requests = requests;
    this.#limit = limit;
    this.#inFlight = inFlight;
    this.#before = requests.timelines.length;
  }

  /** Call it when a request has ended. @returns the stall, if this look shows one */
  look(): Stall | null {
    const { timelines } = this.#requests;
    const ended = timelines.length - this.#before;
    if (ended < this.#nextLook || timelines.length > MOST_REQUESTS) return null;
    this.#nextLook = Math.ceil(ended * NEXT_LOOK);
    const measured = timelines.filter(({ role, sent_s }) => role === 'load' && sent_s >= this.#openedAt);
    return findStall(timelines, measured, this.#inFlight, this.#limit);
  }
}
