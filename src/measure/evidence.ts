import type { Arrivals, ServerDelta } from '../run/schema.ts';
import type { Buckets } from '../suite/buckets.ts';
import type { CellKind, Objectives, StopRule } from '../suite/schema.ts';
import type { ThresholdOverrides } from '../suite/thresholds.ts';
import type { CountedModel } from './card-count.ts';
import type { Overload } from './overload.ts';
import type { Stall } from './stalls.ts';
import type { TimeSpan } from './time-span.ts';
import type { RequestTimeline } from './timeline.ts';

export type { TimeSpan } from './time-span.ts';

/** Counters of the server between two scrapes, and when these were taken (seconds from the cell's origin). */
export interface ServerEvidence {
  readonly delta: ServerDelta;
  readonly from_s: number;
  readonly to_s: number;
  /** The counters were read within so long of either: a busy server takes its time to answer. */
  readonly from_bound_s: number;
  readonly to_bound_s: number;
}

/** Delay of the client's event loop while the cell ran, ms: recorded, never judged. */
export interface EventLoopDelay {
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  /** Share of the time in which the client's thread that waited most could have run and had no core; absent: not known. */
  readonly core_wait_share?: number;
  /** Of the time in which its cores had work, the share that a hypervisor gave to others; absent: not known. */
  readonly stolen_share?: number;
}

/** How the requests of an open loop were to arrive, and whether they overran the server. */
export interface OpenLoad {
  readonly arrivals: Arrivals;
  /** Variance of the gaps between arrivals over their squared mean, see `littlesLawSd`. */
  readonly gapVariation: number;
  readonly overload: Overload | null;
}

/** What only a cell on a pair of servers has. */
export interface PairEvidence {
  /** Times to the first token of prompts that the decode server has in its own prefix cache, alone on it, s. */
  readonly localHits_s: readonly number[];
  /** Requests whose blocks the prefill server dropped before anybody fetched them, over the whole cell; null: not shown. */
  readonly expiredOnPrefill: number | null;
  /** Tokens of a KV block of the decode server. */
  readonly blockSize: number;
}

/** Everything that a cell is judged by. A `LoadResult` fits its first six fields. */
export interface CellEvidence {
  readonly timelines: readonly RequestTimeline[];
  readonly residence_s: number;
  readonly window: TimeSpan | null;
  readonly stoppedBy: string;
  readonly warmUpCapped: boolean;
  /** The stall after which warm-up and window began anew; absent: there was none. */
  readonly restarted?: Stall & { readonly at_s: number };
  readonly kind: CellKind;
  /** Requests that were meant to be in flight; of an open loop, its rate times their residence. */
  readonly concurrency: number;
  /** Absent: a closed loop, or a batch. */
  readonly open?: OpenLoad;
  /** Absent: not a `disaggregated` cell. */
  readonly pair?: PairEvidence;
  /** Share of the KV cache that the cell was meant to fill; 1 and more declares it saturated. */
  readonly kvFill: number | null;
  readonly stop: StopRule;
  readonly objectives: Objectives | null;
  /** Over the window; null where the server exposes no counters. */
  readonly server: ServerEvidence | null;
  /** Over the whole cell, from before the probe to after the last aborted filler. */
  readonly serverWholeCell: ServerEvidence | null;
  readonly maxNumSeqs: number | null;
  /** Whether the server sees this shape for the first time: only then is a long gap taken for a compilation. */
  readonly firstOfShape: boolean;
  readonly eventLoopDelay: EventLoopDelay | null;
  /** What `ridge calibrate` found on the client's host; null or absent: it was not calibrated. */
  readonly calibration?: { readonly max_events_per_s: number } | null;
  /** What the suite sets of the numbers that cells are judged by; the defaults for the others. */
  readonly thresholds?: ThresholdOverrides;
  /** Shapes that the server pads its steps to; absent: none are known. */
  readonly buckets?: Buckets;
  /** What of every prompt was to come from the prefix cache; absent: nothing. */
  readonly cached?: { readonly tokens: number; readonly block_size: number };
  /** The model by its card; absent: no card is known. */
  readonly counted?: CountedModel;
}
