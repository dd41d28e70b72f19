import type { Suite, TraceBlock } from './schema.ts';

/** Requests of an arrival trace, in the order of their times. */
export interface TraceColumns {
  /** Seconds from the first request. */
  readonly at_s: readonly number[];
  readonly input_tokens: readonly number[];
  readonly output_tokens: readonly number[];
}

/** A trace as a suite replays it. */
export interface Trace extends TraceColumns {
  /** As the suite names it. */
  readonly file: string;
  /** Over the requests that are replayed. */
  readonly digest: string;
}

export const isTraceBlock = (block: Suite['grid'][number]): block is TraceBlock => 'trace' in block.load;

/** Requests a second, as recorded. */
export const meanRate = ({ at_s }: TraceColumns): number => (at_s.length - 1) / (at_s.at(-1)! - at_s[0]!);
