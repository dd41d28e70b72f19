import { tpot, ttft } from '../measure/latency.ts';
import type { RequestTimeline } from '../measure/timeline.ts';
import { requestsForLittlesLaw } from '../plan/window.ts';
import { RunningSeries, type SeriesSummary } from '../stats/running.ts';
import type { StopRule } from '../suite/schema.ts';
import type { StoppedBy } from './cell.ts';

/** A timer for the cap may come this much early by rounding. */
const CLOCK_TOLERANCE_S = 1e-6;

/** Decides when a steady window is long enough. Every finished request costs the same, however many came before. */
export class StopWatch {
  readonly #rule: StopRule;
  readonly #ttft = new RunningSeries();
  readonly #tpot = new RunningSeries();
  readonly #fewest: number;
  #completed = 0;

  /** @param gapVariation of an open loop's arrivals, see `littlesLawSd` */
  constructor(rule: StopRule, inFlight: number, gapVariation = 0) {
    this.#rule = rule;
    // As many as are in flight were sent inside the window and have not completed.
    this.#fewest = Math.max(rule.min_requests, requestsForLittlesLaw(inFlight, gapVariation) - inFlight);
  }

  /** A request that was sent inside the window has completed. */
  add(request: RequestTimeline): void {
    this.#completed += 1;
    const first = ttft(request);
    const perToken = tpot(request);
    if (first !== null) this.#ttft.add(first);
    if (perToken !== null) this.#tpot.add(perToken);
  }

  /**
   * @param elapsed seconds since the window opened
   * @param residence seconds that a request stays: the least length of a window, but for the caps
   */
  decide(elapsed: number, residence: number): StoppedBy | null {
    const rule = this.#rule;
    if (elapsed >= rule.max_s - CLOCK_TOLERANCE_S) return 'max_time';
    if (elapsed < (rule.window_min_s ?? 0)) return null;
    if (this.#completed >= rule.max_requests) return 'max_requests';
    if (elapsed < Math.max(rule.min_s, residence) || this.#completed < this.#fewest) return null;
    return this.#converged() ? 'converged' : null;
  }

  #converged(): boolean {
    const share = this.#rule.confidence_half_width;
    return within(this.#ttft.summary(), share) && within(this.#tpot.summary(), share);
  }
}

/** A metric that no request has (TPOT of single tokens) cannot keep a window open. */
function within(series: SeriesSummary | null, share: number): boolean {
  if (series === null) return true;
  return series.halfWidth95 !== null && series.halfWidth95 <= share * series.mean;
}
