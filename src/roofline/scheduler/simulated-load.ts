import type { GapProcess } from '../../stats/gaps.ts';

type Range = readonly [number, number];

/** A load as the engine meets it. */
export interface SimulatedLoad {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of every prompt, in the prefix cache and shared by all: whole blocks; absent: none. */
  readonly cachedTokens?: number;
  readonly inputJitter: Range;
  /** Instead of `inputJitter`: shares of the nominal length, evenly in the logarithm. */
  readonly inputSpread?: Range;
  /** Of them only so many; absent: any. */
  readonly inputLengths?: number;
  readonly outputJitter: Range;
  readonly streams: number;
  /** Seconds from a finished request to the next one's sending, at the client. */
  readonly turnAroundSeconds: number;
  /** Seconds from a request's sending to its arrival at the engine. */
  readonly arrivalSeconds: number;
  /** Seconds on top of that in which the server takes in one request after another; absent: all at once. */
  readonly intakeSeconds?: number;
  /** Seconds between the first requests of neighbouring streams; 0: all start at once. */
  readonly releaseSeconds: number;
  /** Requests in the order of sending that are not measured, and that are. */
  readonly warmUpRequests: number;
  readonly measuredRequests: number;
  /** Whether streams go on sending until the last measured request is finished. */
  readonly holdsLoad: boolean;
  readonly seed: number;
  /** Whether what a request's steps give is drawn, where the server speculates; absent: the mean, alike for all. */
  readonly drawsAcceptance?: boolean;
  /** An open loop: gaps between arrivals, and how many a second; absent: each stream sends when its last request is done. */
  readonly arrivals?: GapProcess & { readonly ratePerSecond: number };
}
