import { performance } from 'node:perf_hooks';
import { runDelaySeconds } from '../run-delay.ts';

/** When data came off a socket, and how much earlier it may have arrived: monotonic seconds. */
export interface Stamp {
  readonly at_s: number;
  readonly bound_s: number;
}

/** What the clock needs of the process. */
export interface ClockHost {
  /** Monotonic seconds. */
  now(): number;
  /** Seconds that the event loop has spent blocked, waiting for events. */
  idle(): number;
  /** Seconds that the thread has waited for a core though it could have run; part of `idle` where it was woken late. */
  runDelay(): number;
  /** Calls back when all events of this turn of the loop have been handed out. */
  afterPoll(callback: () => void): void;
}

export const processHost: ClockHost = {
  now: () => performance.now() / 1000,
  idle: () => performance.nodeTiming.idleTime / 1000,
  runDelay: runDelaySeconds,
  afterPoll: (callback) => setImmediate(callback),
};

/** A poll that had something to hand out at once still spends some microseconds in the kernel. */
const BLOCKED_S = 50e-6;

/**
 * Stamps reads before anything is parsed, each with its own bound. Reads of one turn of the event loop follow one
 * another, but all their data was there when the turn's poll returned. If that poll had slept, the data woke it, so it
 * is no older than the rest before plus the time slept; if it returned at once, the data may have come any time since
 * the poll before. Time in which the thread could have run but had no core is not sleep: the data may have been there.
 */
export class StampClock {
  readonly #host: ClockHost;
  readonly #turnEnded: () => void;
  #inTurn = false;
  /** Earliest arrival of the data of this turn. */
  #earliest: number;
  /** No poll so far returned data later than this: what comes next was not there at this time. */
  #polled: number;
  #restTime = 0;
  #restIdle = 0;
  /** Of the turn or tick before: what the thread waited since then may all have been after its rest. */
  #delay: number;

  /** `turnEnded` is called when all sockets of a turn have been read. */
  constructor(turnEnded: () => void = () => {}, host: ClockHost = processHost) {
    this.#host = host;
    this.#turnEnded = turnEnded;
    this.#delay = host.runDelay();
    this.#rest();
    this.#earliest = this.#restTime;
    this.#polled = this.#restTime;
  }

  now(): number {
    return this.#host.now();
  }

  /** Whether data has been read in this turn of the loop. */
  get inTurn(): boolean {
    return this.#inTurn;
  }

  /** Call it first thing when data is handed out. */
  stamp(): Stamp {
    const at_s = this.#host.now();
    if (!this.#inTurn) this.#begin(at_s);
    return { at_s, bound_s: Math.max(0, at_s - this.#earliest) };
  }

  /**
   * Call it from a timer, often, while answers are awaited: data that is still to come cannot have been there at this
   * turn's poll, so what the loop did before it (scrapes, progress), and waited, is no part of the next bound.
   */
  tick(): void {
    const now = this.#host.now();
    this.#host.afterPoll(() => {
      if (this.#inTurn) return;
      this.#polled = Math.max(this.#polled, now);
      this.#rest();
      this.#delay = this.#host.runDelay();
    });
  }

  #begin(now: number): void {
    const delay = this.#host.runDelay();
    const slept = this.#host.idle() - this.#restIdle - (delay - this.#delay);
    this.#delay = delay;
    const woken = Math.min(now, this.#restTime + slept);
    const asleep = slept > BLOCKED_S;
    this.#earliest = asleep ? woken : this.#polled;
    this.#polled = asleep ? woken : this.#restTime;
    this.#inTurn = true;
    this.#host.afterPoll(() => {
      this.#inTurn = false;
      this.#turnEnded();
      this.#rest();
    });
  }

  #rest(): void {
    this.#restTime = this.#host.now();
    this.#restIdle = this.#host.idle();
  }
}
