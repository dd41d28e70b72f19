import { acceptances, drawnSteps, type Speculation } from '../../roofline/speculation.ts';
import { childSeed, createRandom } from '../../stats/random.ts';
import type { TraceColumns } from '../../suite/trace.ts';
import { cachedOf, proposedSlots, type Served } from '../workload.ts';

/** Requests of a trace with what a simulation finds of each, as columns. Times are seconds from the first arrival. */
export interface Requests {
  readonly count: number;
  readonly at_s: Float64Array;
  readonly input: Int32Array;
  readonly output: Int32Array;
  /** Of each prompt, tokens that are in the prefix cache. */
  readonly cached: Int32Array;
  /** Steps in which an answer gets its tokens after the first: fewer where proposed ones are accepted. */
  readonly steps: Int32Array;
  /** KV slots of an answer for tokens that are proposed and not yet accepted. */
  readonly proposed: number;
  /** When its first and its last token are there; NaN until then. */
  readonly first_s: Float64Array;
  readonly last_s: Float64Array;
}

export interface RequestOptions {
  /** The trace's seconds in one second: 2 is twice the rate. */
  readonly speed?: number | undefined;
  /** What prompts share, and what is proposed for answers. */
  readonly served?: Served | undefined;
  /** Of which proposals are accepted: drawn once, the same whichever fleet serves. */
  readonly seed?: number | undefined;
}

export function requestsOf(
  trace: TraceColumns,
  { speed = 1, served = {}, seed = 1 }: RequestOptions = {},
): Requests {
  const count = trace.at_s.length;
  const empty = () => new Float64Array(count).fill(Number.NaN);
  return {
    count,
    at_s: Float64Array.from(trace.at_s, (at) => (at - trace.at_s[0]!) / speed),
    input: Int32Array.from(trace.input_tokens),
    output: Int32Array.from(trace.output_tokens),
    cached: Int32Array.from(trace.input_tokens, (input) => cachedOf(served, input)),
    steps: stepsOf(trace.output_tokens, served.speculation, seed),
    proposed: proposedSlots(served),
    first_s: empty(),
    last_s: empty(),
  };
}

/** Apart from the seeds of phases. */
const ACCEPTANCES = 1_000_003;

function stepsOf(output: readonly number[], speculation: Speculation | undefined, seed: number): Int32Array {
  if (speculation === undefined) return Int32Array.from(output, (tokens) => tokens - 1);
  const accepted = acceptances(speculation, createRandom(childSeed(seed, ACCEPTANCES)));
  return Int32Array.from(output, (tokens) => drawnSteps(tokens - 1, accepted));
}

/** Tokens of a prompt that are computed. */
export const computedOf = ({ input, cached }: Requests, request: number): number =>
  input[request]! - cached[request]!;

/** KV tokens of its own that a whole request takes: what all prompts share lies there once. */
export const heldOf = (requests: Requests, request: number): number =>
  computedOf(requests, request) + requests.output[request]! + requests.proposed;

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
