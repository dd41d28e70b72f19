import type { CellRecord } from './schema.ts';

/** Seconds that may be spent, and that were. */
export interface TimeBudget {
  readonly total_s: number;
  readonly spent_s: number;
  readonly left_s: number;
}

/** The time of an adaptive run: from its start, or from when it is resumed with the seconds that its cells took before. */
export class Budget implements TimeBudget {
  readonly total_s: number;
  readonly #before_s: number;
  readonly #began = performance.now();

  constructor(minutes: number, finished: readonly CellRecord[]) {
    this.total_s = minutes * 60;
    this.#before_s = finished.reduce((sum, { elapsed_s }) => sum + (elapsed_s ?? 0), 0);
  }

  get spent_s(): number {
    return this.#before_s + (performance.now() - this.#began) / 1e3;
  }

  get left_s(): number {
    return Math.max(0, this.total_s - this.spent_s);
  }

  /** An equal part of what is left now, for one of so many that still share it. */
  partFor(sharing: number): TimeBudget {
    const until_s = this.spent_s + this.left_s / sharing;
    const spent_s = (): number => this.spent_s;
    return {
      total_s: until_s,
      get spent_s() {
        return spent_s();
      },
      get left_s() {
        return Math.max(0, until_s - spent_s());
      },
    };
  }
}
