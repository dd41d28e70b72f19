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
  | { readonly kind: 'steady'; readonly output_jitter: Range }
  | {
      readonly kind: 'burst';
      readonly requests_per_stream: number;
      /** Lengths are uniform between these shares of the nominal length. */
      readonly input_jitter: Range;
      readonly output_jitter: Range;
      readonly statistic: 'mean' | 'median';
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
 * Which memory a waiting request needs to be admitted: what its prompt takes now (vLLM), or all that it may come to
 * (engines that never preempt).
 */
export type Admission = 'on_demand' | 'reserved';
