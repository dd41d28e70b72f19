import type { Overload } from '../measure/overload.ts';
import type { Stall } from '../measure/stalls.ts';
import type { RequestTimeline } from '../measure/timeline.ts';
import type { CellProgress } from '../run/events.ts';
import type { Arrivals } from '../run/schema.ts';
import type { Protocol, StopRule } from '../suite/schema.ts';
import type { TraceColumns } from '../suite/trace.ts';

/** What the load generator knows of every cell. */
export interface BaseCell {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly protocol: Protocol;
  readonly stop: StopRule;
  /** Seeds the drawn output lengths of this cell. */
  readonly seed: number;
  readonly maxLengthTokens: number | null;
  /** A gap above so many times the usual begins warm-up and window anew; null or absent: the server has seen this shape. */
  readonly stallGapToMedian?: number | null;
}

/** A closed-loop cell, or one of batches. */
export interface ClosedLoopCell extends BaseCell {
  readonly concurrency: number;
}

/** An open-loop cell: requests are sent when they are due, whatever the server does with the ones before. */
export interface OpenLoopCell extends BaseCell {
  readonly arrivals: Arrivals;
  /** The requests of a trace, which have their own lengths; null: every request has the cell's. */
  readonly trace: TraceColumns | null;
  /** With more requests in flight the cell ends as overloaded, before the host runs out of sockets. */
  readonly mostInFlight: number;
}

export type StoppedBy =
  | 'converged'
  | 'max_requests'
  | 'max_time'
  | 'trace_ended'
  /** A second stall as of a compilation: the cell is to be measured again. */
  | 'stalled'
  | 'overloaded'
  | 'failed'
  | 'cancelled';

/** Everything that a cell's judgement needs. Times are seconds from the cell's origin. */
export interface LoadResult {
  readonly timelines: readonly RequestTimeline[];
  /** Residence time of a request, TTFT + (N − 1)·TPOT: the probe's, or the last ones' mean under load where that is longer. */
  readonly residence_s: number;
  /** Half-open steady window; null when the cell ended before it opened. */
  readonly window: { readonly opened_s: number; readonly closed_s: number } | null;
  readonly stoppedBy: StoppedBy;
  readonly warmUpCapped: boolean;
  /** The stall after which warm-up and window began anew, and when it was found; absent: there was none. */
  readonly restarted?: Stall & { readonly at_s: number };
}

/** Of an open loop. An overloaded one has no window: nothing in it was steady. */
export interface OpenLoadResult extends LoadResult {
  readonly overload: Overload | null;
}

export interface LoadHooks<Result extends LoadResult = LoadResult> {
  /** Called at most a few times a second. */
  progress?(progress: CellProgress): void;
  /** The window opens or closes: the moment to scrape the server's counters. */
  windowOpened?(): void;
  windowClosed?(): void;
  done(result: Result): void;
}
