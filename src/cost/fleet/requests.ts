import type { TraceColumns } from '../../suite/trace.ts';

/** Requests of a trace with what a simulation finds of each, as columns. Times are seconds from the first arrival. */
export interface Requests {
  readonly count: number;
  readonly at_s: Float64Array;
  readonly input: Int32Array;
  readonly output: Int32Array;
  /** When its first and its last token are there; NaN until then. */
  readonly first_s: Float64Array;
  readonly last_s: Float64Array;
}

/** @param speed the trace's seconds in one second: 2 is twice the rate */
export function requestsOf(trace: TraceColumns, speed = 1): Requests {
  const count = trace.at_s.length;
  const empty = () => new Float64Array(count).fill(Number.NaN);
  return {
    count,
    at_s: Float64Array.from(trace.at_s, (at) => (at - trace.at_s[0]!) / speed),
    input: Int32Array.from(trace.input_tokens),
    output: Int32Array.from(trace.output_tokens),
    first_s: empty(),
    last_s: empty(),
  };
}

/** The same requests, before anything happened to them. */
export const untouched = (requests: Requests): Requests => ({
  ...requests,
  first_s: new Float64Array(requests.count).fill(Number.NaN),
  last_s: new Float64Array(requests.count).fill(Number.NaN),
});

/** TTFT without the time outside the engine; s. */
export const ttftOf = ({ first_s, at_s }: Requests, request: number): number =>
  first_s[request]! - at_s[request]!;

/** Time per output token after the first, s; null for a single token. */
export const tpotOf = ({ first_s, last_s, output }: Requests, request: number): number | null =>
  output[request]! < 2 ? null : (last_s[request]! - first_s[request]!) / (output[request]! - 1);
