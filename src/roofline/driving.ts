import type { GapProcess } from '../stats/gaps.ts';

type Range = readonly [number, number];

/**
 * How a cell was driven: it decides which requests meet in a step, so a prediction repeats it.
 * - `steady`: streams released evenly, means over requests sent inside a steady window
 * - `burst`: all streams start at once and each sends `requests_per_stream` requests; the statistic is over all of them,
 *   start-up included
 * - `open`: requests arrive at a rate, whatever the engine does; means over those sent inside a steady window
 * - `batch`: one batch of prompts, prefilled together, then decoded in lockstep; TPOT holds no prefill
 */
export type Driving =
  | {
      readonly kind: 'steady';
      /** Prompt lengths lie between these multiples of the nominal length, evenly in the logarithm; absent: exact. */
      readonly input_spread?: Range | undefined;
      /** Of them only so many, ends included; absent: any. */
      readonly input_lengths?: number | undefined;
      readonly output_jitter: Range;
    }
  | {
      readonly kind: 'burst';
      readonly requests_per_stream: number;
      /** The run ends at so many requests of all streams, whatever each would have sent; absent: no such limit. */
      readonly most_requests?: number | undefined;
      /** Lengths are uniform between these shares of the nominal length. */
      readonly input_jitter: Range;
      readonly output_jitter: Range;
      readonly statistic: 'mean' | 'median';
      /** Absent: see `orderOf`. */
      readonly order?: BurstOrder | undefined;
    }
  | { readonly kind: 'batch' }
  | {
      readonly kind: 'open';
      readonly output_jitter: Range;
      readonly rate_per_s: number;
      readonly process: GapProcess['process'];
      readonly burstiness: number | null;
    };

/**
 * A multiple between two, evenly in the logarithm.
 * @param uniform drawn from [0, 1)
 * @param lengths so many multiples only, 2 or more, ends included; absent: any
 */
export function multipleOf([low, high]: Range, uniform: number, lengths?: number): number {
  const place = lengths === undefined ? uniform : Math.floor(uniform * lengths) / (lengths - 1);
  return low * (high / low) ** place;
}

/** Mean of `multipleOf`. */
export function meanOfSpread([low, high]: Range, lengths?: number): number {
  if (low === high) return low;
  if (lengths === undefined) return (high - low) / Math.log(high / low);
  let sum = 0;
  for (let i = 0; i < lengths; i += 1) sum += multipleOf([low, high], i / lengths, lengths);
  return sum / lengths;
}

type Burst = Extract<Driving, { kind: 'burst' }>;

/** Requests that each stream sends, on average. */
export const requestsPerStream = (burst: Burst, streams: number): number =>
  Math.min(burst.requests_per_stream, (burst.most_requests ?? Number.POSITIVE_INFINITY) / streams);

/**
 * How a burst's requests reach the engine. `together`: at the same moment, those that follow a finished one too. `in_turn`: one
 * after the other, so that the first has a step for itself, and one that follows a finished one misses the step that begins at once.
 */
export const BURST_ORDERS = ['together', 'in_turn'] as const;
export type BurstOrder = (typeof BURST_ORDERS)[number];

/**
 * Clients that draw lengths from a range (vLLM's and InferenceX's) are known to send in turn, from one loop. Of others nothing is
 * known: they are taken to send together unless a fit finds otherwise.
 */
export const orderOf = (burst: Burst): BurstOrder =>
  burst.order ?? (hasExactLengths(burst) ? 'together' : 'in_turn');

export const hasExactLengths = ({ input_jitter, output_jitter }: Burst): boolean =>
  [input_jitter, output_jitter].every(([low, high]) => low === high);

/** Far below any step, so that which step a request joins depends on the order alone, whatever the device. */
const IN_TURN_SECONDS = 1e-9;

/** Seconds between requests of a burst that their client sends at the same moment. */
export const secondsBetween = (burst: Burst): number => (orderOf(burst) === 'together' ? 0 : IN_TURN_SECONDS);

/**
 * Which memory a waiting request needs to be admitted: what its prompt takes now (vLLM), or all that it may come to
 * (engines that never preempt).
 */
export type Admission = 'on_demand' | 'reserved';
