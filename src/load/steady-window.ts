import type { RequestTimeline } from '../measure/timeline.ts';
import type { StopRule } from '../suite/schema.ts';
import type { StoppedBy } from './cell.ts';
import type { InFlight } from './requests.ts';
import { StopWatch } from './stop-rule.ts';

/** A request handed over this long before the window opened may reach its socket inside it, and is waited for. */
const SEND_SLACK_S = 0.1;

/** The steady window of a cell: when it opened and closed, and which requests sent inside it have yet to finish. */
export class SteadyWindow {
  readonly openedAt: number;
  readonly #watch: StopWatch;
  readonly #awaited = new Set<number>();
  #closedAt: number | null = null;

  /** @param gapVariation of an open loop's arrivals, see `littlesLawSd` */
  constructor(openedAt: number, rule: StopRule, inFlight: number, gapVariation = 0) {
    this.openedAt = openedAt;
    this.#watch = new StopWatch(rule, inFlight, gapVariation);
  }

  get closedAt(): number | null {
    return this.#closedAt;
  }

  /** Whether every request that was sent inside the closed window has finished. */
  get settled(): boolean {
    return this.#closedAt !== null && this.#awaited.size === 0;
  }

  /** @returns why the window may close now, or null */
  completed(timeline: RequestTimeline, request: InFlight, now: number, residence: number): StoppedBy | null {
    if (request.issuedAt >= this.openedAt) this.#watch.add(timeline);
    return this.decide(now, residence);
  }

  decide(now: number, residence: number): StoppedBy | null {
    return this.#watch.decide(now - this.openedAt, residence);
  }

  close(now: number, inFlight: readonly InFlight[]): void {
    this.#closedAt = now;
    for (const request of inFlight) {
      if (request.role === 'load' && request.issuedAt >= this.openedAt - SEND_SLACK_S) {
        this.#awaited.add(request.sequence);
      }
    }
  }

  /** A request is no longer in flight. */
  release(request: InFlight): void {
    this.#awaited.delete(request.sequence);
  }
}
