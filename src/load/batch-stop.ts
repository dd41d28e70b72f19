import { RunningSeries } from '../stats/running.ts';
import type { StopRule } from '../suite/schema.ts';
import type { StoppedBy } from './cell.ts';

/** Fewest batches that an interval is taken from. */
const FEWEST_BATCHES = 3;

/** Decides when enough batches were decoded: each is one sample, since its streams share their steps. */
export class BatchStop {
  readonly #rule: StopRule;
  readonly #tpot = new RunningSeries();
  #completed = 0;
  #batches = 0;

  constructor(rule: StopRule) {
    this.#rule = rule;
  }

  /** A measured batch of so many requests has ended. @param tpot null: it had no step in which all of it decoded */
  add(tpot: number | null, requests: number): void {
    this.#completed += requests;
    this.#batches += 1;
    if (tpot !== null) this.#tpot.add(tpot);
  }

  /** @param elapsed seconds since the first measured batch was released */
  decide(elapsed: number): StoppedBy | null {
    const { max_s, max_requests, min_s, min_requests, window_min_s = 0 } = this.#rule;
    if (elapsed >= max_s) return 'max_time';
    if (this.#batches < FEWEST_BATCHES || elapsed < window_min_s) return null;
    if (this.#completed >= max_requests) return 'max_requests';
    const enough = elapsed >= min_s && this.#completed >= min_requests;
    return enough && this.#converged() ? 'converged' : null;
  }

  /** Batches without such a step cannot keep a window open: more of them would have none either. */
  #converged(): boolean {
    const tpot = this.#tpot.summary();
    if (tpot === null) return true;
    return tpot.halfWidth95 !== null && tpot.halfWidth95 <= this.#rule.confidence_half_width * tpot.mean;
  }
}
