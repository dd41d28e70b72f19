import type { TimeBudget } from './budget.ts';
import type { LaneCell } from './lane-context.ts';

interface Lane {
  readonly host: string;
  left_s: number;
}

interface RoundLane {
  readonly target: string;
  readonly host: string;
  readonly cells: readonly Estimated[];
}

type Estimated = Pick<LaneCell, 'estimated_s'>;

const sumOf = (cells: readonly Estimated[]): number =>
  cells.reduce((sum, { estimated_s }) => sum + estimated_s, 0);

/** Estimates the rest of a run: the plan's estimates, corrected by how long the finished cells really took. */
export class RemainingTime {
  readonly #lanes = new Map<string, Lane>();
  readonly #round = new Map<string, Lane>();
  readonly #parallel: boolean;
  readonly #budget: Pick<TimeBudget, 'left_s'> | undefined;
  #isLast = false;
  #estimated_s = 0;
  #took_s = 0;

  /**
   * @param parallel whether lanes of one host run at the same time
   * @param budget of an adaptive run
   */
  constructor(parallel: boolean, budget?: Pick<TimeBudget, 'left_s'>) {
    this.#parallel = parallel;
    this.#budget = budget;
  }

  add(target: string, host: string, cells: readonly Estimated[]): void {
    this.#lanes.set(target, { host, left_s: sumOf(cells) });
  }

  /**
   * The cells that an adaptive run measures now, in the place of those before.
   * @param isLast whether no round follows
   */
  startRound(targets: readonly RoundLane[], isLast: boolean): void {
    this.#isLast = isLast;
    this.#round.clear();
    for (const { target, host, cells } of targets) this.#round.set(target, { host, left_s: sumOf(cells) });
  }

  /** A target of which no further cell is measured. */
  drop(target: string): void {
    this.#lanes.delete(target);
  }

  finished(target: string, estimated_s: number, took_s: number): void {
    for (const lane of [this.#lanes.get(target), this.#round.get(target)]) {
      if (lane) lane.left_s -= estimated_s;
    }
    this.#estimated_s += estimated_s;
    this.#took_s += took_s;
  }

  /** Seconds from now until every cell is measured. */
  get seconds(): number {
    return this.#longest(this.#lanes);
  }

  /**
   * What is left of the run. Of an adaptive one the round by itself, and the most that all rounds may take; once its last
   * cells are measured, only those.
   */
  get left(): { readonly seconds: number; readonly round_s?: number } {
    if (this.#budget === undefined) return { seconds: this.seconds };
    const round_s = this.#longest(this.#round);
    if (this.#isLast) return { seconds: round_s };
    return { seconds: Math.max(round_s, Math.min(this.seconds, this.#budget.left_s)), round_s };
  }

  #longest(lanes: ReadonlyMap<string, Lane>): number {
    const hosts = new Map<string, number>();
    for (const [name, { host, left_s }] of lanes) {
      const key = this.#parallel ? name : host;
      hosts.set(key, (hosts.get(key) ?? 0) + left_s);
    }
    const longest = Math.max(0, ...hosts.values());
    // What sums of fractions leave is no time.
    if (longest < 1e-6) return 0;
    // A few cells say little about the rest, so the plan's estimates keep a weight of 20 s.
    const correction = (this.#took_s + 20) / (this.#estimated_s + 20);
    return longest * correction;
  }
}
