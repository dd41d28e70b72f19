import { outputTokens, residence, tpot, ttft } from '../measure/latency.ts';
import type { RequestTimeline } from '../measure/timeline.ts';
import type { CellPhase, CellProgress } from '../run/events.ts';
import { RecentMean } from './recent-mean.ts';

/** Seconds between two calls of the progress hook. */
export const PROGRESS_PERIOD_S = 0.25;

/** Live figures of a cell: means over its last requests. For watchers only; the cell's metrics come from the timelines. */
export class Progress {
  #completed = 0;
  readonly #residence: RecentMean;
  readonly #tokens: RecentMean;
  readonly #ttft: RecentMean;
  readonly #tpot: RecentMean;

  constructor(concurrency: number) {
    const size = Math.max(8, concurrency);
    this.#residence = new RecentMean(size);
    this.#tokens = new RecentMean(size);
    this.#ttft = new RecentMean(size);
    this.#tpot = new RecentMean(size);
  }

  get completed(): number {
    return this.#completed;
  }

  /** Mean time that the last requests stayed, s; null before the first. */
  get residence(): number | null {
    return this.#residence.mean();
  }

  add(request: RequestTimeline): void {
    this.#completed += 1;
    this.#tokens.add(outputTokens(request));
    const stay = residence(request);
    const first = ttft(request);
    const perToken = tpot(request);
    if (stay !== null) this.#residence.add(stay);
    if (first !== null) this.#ttft.add(first);
    if (perToken !== null) this.#tpot.add(perToken);
  }

  snapshot(phase: CellPhase, elapsedSeconds: number, inFlight: number): CellProgress {
    const stay = this.#residence.mean();
    const tokens = this.#tokens.mean();
    return {
      phase,
      elapsed_s: elapsedSeconds,
      in_flight: inFlight,
      completed: this.#completed,
      // Little's law over the last requests: smooth, where counting finished requests would jump.
      output_tokens_per_s: stay === null || tokens === null || stay === 0 ? null : (inFlight * tokens) / stay,
      ttft_ms: milliseconds(this.#ttft.mean()),
      tpot_ms: milliseconds(this.#tpot.mean()),
    };
  }
}

const milliseconds = (seconds: number | null): number | null => (seconds === null ? null : 1000 * seconds);
