import type { RequestTimeline } from '../measure/timeline.ts';
import type { CellProgress } from '../run/events.ts';
import type { Protocol, StopRule } from '../suite/schema.ts';

/** A closed-loop cell as the load generator runs it. */
export interface ClosedLoopCell {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly concurrency: number;
  readonly protocol: Protocol;
  readonly stop: StopRule;
  /** Seeds the drawn output lengths of this cell. */
  readonly seed: number;
  readonly maxLengthTokens: number | null;
}

export type StoppedBy = 'converged' | 'max_requests' | 'max_time' | 'failed' | 'cancelled';

/** Everything that a cell's judgement needs. Times are seconds from the cell's origin. */
export interface LoadResult {
  readonly timelines: readonly RequestTimeline[];
  /** Residence time of a request, TTFT + (N − 1)·TPOT: the probe's, or the last ones' mean under load where that is longer. */
  readonly residence_s: number;
  /** Half-open steady window; null when the cell ended before it opened. */
  readonly window: { readonly opened_s: number; readonly closed_s: number } | null;
  readonly stoppedBy: StoppedBy;
  readonly warmUpCapped: boolean;
}

export interface LoadHooks {
  /** Called at most a few times a second. */
  progress?(progress: CellProgress): void;
  /** The window opens or closes: the moment to scrape the server's counters. */
  windowOpened?(): void;
  windowClosed?(): void;
  done(result: LoadResult): void;
}
