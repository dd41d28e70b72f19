import type { LaneCell } from './lane.ts';

interface Lane {
  readonly host: string;
  left_s: number;
}

/** Estimates the rest of a run: the plan's estimates, corrected by how long the finished cells really took. */
export class RemainingTime {
  readonly #lanes = new Map<string, Lane>();
  readonly #parallel: boolean;
  #estimated_s = 0;
  #took_s = 0;

  /** @param parallel whether lanes of one host run at the same time */
  constructor(parallel: boolean) {
    this.#parallel = parallel;
  }

  add(target: string, host: string, cells: readonly Pick<LaneCell, 'estimated_s'>[]): void {
    const left_s = cells.reduce((sum, cell) => sum + cell.estimated_s, 0);
    this.#lanes.set(target, { host, left_s });
  }

  finished(target: string, estimated_s: number, took_s: number): void {
    const lane = this.#lanes.get(target);
    if (lane) lane.left_s -= estimated_s;
    this.#estimated_s += estimated_s;
    this.#took_s += took_s;
  }

  /** Seconds from now to the end. */
  get seconds(): number {
    const hosts = new Map<string, number>();
    for (const [name, { host, left_s }] of this.#lanes) {
      const key = this.#parallel ? name : host;
      hosts.set(key, (hosts.get(key) ?? 0) + left_s);
    }
    const longest = Math.max(0, ...hosts.values());
    // A few cells say little about the rest, so the plan's estimates keep a weight of 20 s.
    const correction = (this.#took_s + 20) / (this.#estimated_s + 20);
    return longest * correction;
  }
}
