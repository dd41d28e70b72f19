import type { StampClock } from './stamp-clock.ts';

/** Someone with stamped bytes that are not parsed yet. */
export interface Unparsed {
  /** Parses all of them. */
  parse(): void;
}

/** Longest time of parsing between two polls, s: no stamp is delayed by more, short of overload. */
const SLICE_S = 200e-6;
/** More than this is not kept: a client that is never idle must parse while it reads. */
const MOST_CHARACTERS = 2 * 1024 * 1024;
/** What was read may wait so long: each look wakes the thread, and one serves the bursts of several engine steps. */
const PATIENCE_MS = 20;
/** Reads come in bursts: so long after a turn with data it is worth a look whether there is no more. */
const PAUSE_MS = 1;
/** Entries that are done with before the list is shortened. */
const COMPACT_AT = 4096;

/**
 * What was read and stamped, and waits to be parsed until the sockets have nothing more: parsing gives way to reading, in
 * short slices between polls. Only what cannot wait (the end of an answer, after which a stream sends its next request)
 * runs when the sockets of its turn have been read.
 */
export class Backlog {
  readonly #now: () => number;
  readonly #inTurn: () => boolean;
  readonly #afterPoll: (callback: () => void) => void;
  #urgent: (() => void)[] = [];
  #waiting: Unparsed[] = [];
  #first = 0;
  #characters = 0;
  /** Whether a look for an idle moment is on its way. */
  #looking = false;
  /** When the sockets of the last turn with data had been read. */
  #lastTurn = 0;
  /** Most characters that ever waited. */
  peak = 0;

  constructor(
    clock: Pick<StampClock, 'now' | 'inTurn'>,
    afterPoll: (callback: () => void) => void = (callback) => setImmediate(callback),
  ) {
    this.#now = () => clock.now();
    this.#inTurn = () => clock.inTurn;
    this.#afterPoll = afterPoll;
  }

  /** Parses it in an idle moment. Call it once, when its first bytes wait; `grew` for every further read. */
  later(unparsed: Unparsed): void {
    this.#waiting.push(unparsed);
  }

  grew(characters: number): void {
    this.#characters += characters;
    this.peak = Math.max(this.peak, this.#characters);
  }

  shrank(characters: number): void {
    this.#characters -= characters;
  }

  /** Runs it when all sockets of this turn have been read, in order. */
  soon(task: () => void): void {
    this.#urgent.push(task);
    // Timers and errors come outside of turns with data, but data of the same turn may still follow.
    if (!this.#inTurn()) this.#afterPoll(() => this.turnEnded());
  }

  /** All sockets of a turn have been read. */
  turnEnded(): void {
    const tasks = this.#urgent;
    if (tasks.length > 0) {
      this.#urgent = [];
      for (const task of tasks) task();
    }
    while (this.#characters > MOST_CHARACTERS && this.#parseNext());
    this.#lastTurn = this.#now();
    if (this.#looking || this.#first === this.#waiting.length) return;
    this.#looking = true;
    this.#lookAfter(PATIENCE_MS);
  }

  #lookAfter(milliseconds: number): void {
    setTimeout(() => this.#afterPoll(() => this.#parseIfIdle()), milliseconds);
  }

  /** A poll lies just behind: where it found no data, nor did those of the last moment, there is time to parse. */
  #parseIfIdle(): void {
    if (this.#inTurn() || this.#now() - this.#lastTurn < PAUSE_MS / 1000) this.#lookAfter(PAUSE_MS);
    else if (this.#parseSlice()) this.#afterPoll(() => this.#parseIfIdle());
    else this.#looking = false;
  }

  /** Whether something is left. */
  #parseSlice(): boolean {
    const until = this.#now() + SLICE_S;
    while (this.#parseNext()) if (this.#now() >= until) return true;
    return false;
  }

  #parseNext(): boolean {
    if (this.#first === this.#waiting.length) {
      this.#waiting = [];
      this.#first = 0;
      return false;
    }
    this.#waiting[this.#first++]!.parse();
    if (this.#first >= COMPACT_AT) {
      this.#waiting.splice(0, this.#first);
      this.#first = 0;
    }
    return true;
  }
}
