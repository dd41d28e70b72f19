/** A stream that wants a token a period. */
export interface Ticking {
  /** Host seconds before which it gets none. */
  readonly notBefore: number;
  /** Sends one token; false when it was the last. */
  token(): boolean;
}

/** Below what a clock's sum can hold. */
const ROUNDING_S = 1e-7;

/**
 * Serves streams on an absolute schedule, whatever the timers do: one round a period for all of them, or one a
 * millisecond for a part each. A server that is behind by more than a period leaves rounds out; it never sends a
 * stream two tokens at once to catch up.
 */
export class Ticks {
  readonly #now: () => number;
  readonly #stepSeconds: number;
  readonly #groups: Set<Ticking>[];
  readonly #origin: number;
  #next = 0;
  #joined = 0;
  #timer: NodeJS.Timeout | null = null;
  skipped = 0;

  constructor(periodMs: number, release: 'together' | 'spread', now: () => number) {
    const groups = release === 'together' ? 1 : Math.max(1, Math.round(periodMs));
    this.#now = now;
    this.#stepSeconds = periodMs / 1000 / groups;
    this.#groups = Array.from({ length: groups }, () => new Set());
    this.#origin = now();
  }

  add(stream: Ticking): void {
    // Group by group in turn, whichever streams end when.
    this.#groups[this.#joined++ % this.#groups.length]!.add(stream);
    if (this.#timer === null) this.#arm();
  }

  remove(stream: Ticking): void {
    for (const group of this.#groups) group.delete(stream);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #arm(): void {
    const due = Math.floor((this.#now() - this.#origin) / this.#stepSeconds);
    if (due - this.#next > this.#groups.length) {
      // After a rest nothing was left out.
      if (this.#timer !== null) this.skipped += due - this.#next;
      this.#next = due;
    }
    const wait = this.#origin + this.#next * this.#stepSeconds - this.#now();
    this.#timer = setTimeout(() => this.#serve(), Math.max(0, Math.ceil(1000 * (wait - ROUNDING_S))));
  }

  #serve(): void {
    const now = this.#now();
    for (let step = 0; step < this.#groups.length; step++) {
      if (this.#origin + this.#next * this.#stepSeconds > now + ROUNDING_S) break;
      const group = this.#groups[this.#next++ % this.#groups.length]!;
      for (const stream of group) {
        if (stream.notBefore <= now && !stream.token()) group.delete(stream);
      }
    }
    if (this.#groups.some((group) => group.size > 0)) this.#arm();
    else this.#timer = null;
  }
}
