import { performance } from 'node:perf_hooks';

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
  /** Calls back when all events of this turn of the loop have been handed out. */
  afterPoll(callback: () => void): void;
}

export const processHost: ClockHost = {
  now: () => performance.now() / 1000,
  idle: () => performance.nodeTiming.idleTime / 1000,
  afterPoll: (callback) => setImmediate(callback),
};

/** A poll that had something to hand out at once still spends some microseconds in the kernel. */
const BLOCKED_S = 50e-6;

/**
 * Stamps reads before anything is parsed, each with its own bound. Reads of one turn of the event loop follow one
 * another, but all their data was there when the turn's poll returned. If that poll had blocked, the data arrived
 * while it did, so no earlier than the loop's last rest; if it returned at once, the data may have come any time since the
 * poll before. Work that can wait (parsing) is put off until every socket of the turn has been read.
 */
export class StampClock {
  readonly #host: ClockHost;
  #inTurn = false;
  /** Earliest arrival of the data of this turn. */
  #earliest: number;
  /** When the poll of the last turn with data returned. */
  #lastPoll: number;
  #restTime: number;
  #restIdle: number;
  #deferred: (() => void)[] = [];

  constructor(host: ClockHost = processHost) {
    this.#host = host;
    const now = host.now();
    this.#earliest = now;
    this.#lastPoll = now;
    this.#restTime = now;
    this.#restIdle = host.idle();
  }

  now(): number {
    return this.#host.now();
  }

  /** Call it first thing when data is handed out. */
  stamp(): Stamp {
    const at_s = this.#host.now();
    if (!this.#inTurn) this.#begin(at_s);
    return { at_s, bound_s: Math.max(0, at_s - this.#earliest) };
  }

  /** Puts work off until all data of this turn is stamped; in order. */
  defer(work: () => void): void {
    if (!this.#inTurn) this.#begin(this.#host.now());
    this.#deferred.push(work);
  }

  /**
   * Call it from a timer, often, while answers are awaited: data that is still to come cannot have been there at this
   * turn's poll, so what the loop did before it (scrapes, progress) is no part of the next bound.
   */
  tick(): void {
    const now = this.#host.now();
    this.#host.afterPoll(() => {
      if (this.#inTurn) return;
      this.#lastPoll = Math.max(this.#lastPoll, now);
      this.#restTime = this.#host.now();
      this.#restIdle = this.#host.idle();
    });
  }

  #begin(now: number): void {
    const blocked = this.#host.idle() - this.#restIdle;
    this.#earliest = blocked > BLOCKED_S ? Math.min(now, this.#restTime + blocked) : this.#lastPoll;
    this.#lastPoll = now;
    this.#inTurn = true;
    this.#host.afterPoll(() => this.#rest());
  }

  #rest(): void {
    this.#inTurn = false;
    const work = this.#deferred;
    this.#deferred = [];
    for (const task of work) task();
    this.#restTime = this.#host.now();
    this.#restIdle = this.#host.idle();
  }
}
