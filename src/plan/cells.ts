import type { Arrivals, CellShape } from '../run/schema.ts';
import { type CellLoad, type GridPoint, loadName } from '../suite/expand.ts';
import type { Protocol } from '../suite/schema.ts';
import { meanRate } from '../suite/trace.ts';
import { kvCapacityOf, type TargetFacts } from './facts.ts';

/** A point of the grid that this target does not measure, and why. */
export interface SkippedPoint {
  readonly target: string;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly load: string;
  readonly reason: 'over_length' | 'kv_capacity_unknown' | 'no_pair';
  readonly message: string;
}

/** A point with the load that it means on one target. */
export interface ResolvedPoint {
  readonly point: GridPoint;
  /** Null: an open loop. */
  readonly concurrency: number | null;
  readonly arrivals: Arrivals | null;
  readonly kv_fill: number | null;
}

export interface ResolvedPoints {
  readonly points: readonly ResolvedPoint[];
  readonly skipped: readonly SkippedPoint[];
}

/** Longest request of a cell, tokens: the longest prompt that its spread draws and the longest output of the jitter; a batch has no jitter, a trace its own lengths. */
export function longestRequest(
  point: GridPoint,
  protocol: Pick<Protocol, 'output_jitter' | 'input_spread'>,
): number {
  if (point.load.kind === 'trace') {
    const { input_tokens, output_tokens } = point.load.trace;
    return input_tokens.reduce((most, input, row) => Math.max(most, input + output_tokens[row]!), 0);
  }
  const jitter = point.kind === 'decode' ? 1 : protocol.output_jitter[1];
  const input = Math.round(point.input_tokens * (protocol.input_spread?.[1] ?? 1));
  return input + Math.round(point.output_tokens * jitter);
}

/** The arrivals of an open loop; null: a closed one. */
function arrivalsOf(load: CellLoad): Arrivals | null {
  switch (load.kind) {
    case 'rate':
      return {
        process: load.arrivals,
        rate_per_s: load.rate_per_s,
        burstiness: load.burstiness,
        trace: null,
      };
    case 'trace':
      return {
        process: 'trace',
        rate_per_s: load.speed * meanRate(load.trace),
        burstiness: null,
        trace: { digest: load.trace.digest, speed: load.speed },
      };
    default:
      return null;
  }
}

/** Streams that fill a share of the KV cache: a running request holds I + O/2 tokens on average. */
export const streamsForFill = (
  fill: number,
  capacityTokens: number,
  inputTokens: number,
  outputTokens: number,
): number => Math.max(1, Math.round((fill * capacityTokens) / (inputTokens + outputTokens / 2)));

/**
 * Fits the grid to one target: points meant for its size, lengths within its maximum, KV shares as numbers of streams. Points
 * that do not fit are listed, not dropped.
 */
export function resolvePoints(
  grid: readonly GridPoint[],
  facts: TargetFacts,
  protocol: Pick<Protocol, 'output_jitter' | 'input_spread'>,
): ResolvedPoints {
  const points: ResolvedPoint[] = [];
  const skipped: SkippedPoint[] = [];
  for (const point of grid) {
    if (point.tensor_parallel !== null && !point.tensor_parallel.includes(facts.tensorParallel)) continue;
    const resolved = resolve(point, facts, protocol);
    if ('reason' in resolved) skipped.push(resolved);
    else points.push(resolved);
  }
  return { points, skipped };
}

function resolve(
  point: GridPoint,
  facts: TargetFacts,
  protocol: Pick<Protocol, 'output_jitter' | 'input_spread'>,
): ResolvedPoint | SkippedPoint {
  const { input_tokens, output_tokens, load } = point;
  const skip = (reason: SkippedPoint['reason'], message: string): SkippedPoint => ({
    target: facts.name,
    input_tokens,
    output_tokens,
    load: load.kind === 'concurrency' ? String(load.concurrency) : loadName(load),
    reason,
    message,
  });
  if (point.kind === 'disaggregated' && facts.pair !== true) {
    return skip(
      'no_pair',
      `${input_tokens} in, ${output_tokens} out, disaggregated: needs a pair of servers, ${facts.name} has no prefill in the lab file`,
    );
  }
  const longest = longestRequest(point, protocol);
  if (facts.maxLengthTokens !== null && longest > facts.maxLengthTokens) {
    return skip(
      'over_length',
      load.kind === 'trace'
        ? `needs ${longest} tokens (the longest request of ${load.trace.file}), ${facts.name} serves at most ${facts.maxLengthTokens}`
        : `needs ${longest} tokens (${input_tokens} in, up to ${longest - input_tokens} out), ${facts.name} serves at most ${facts.maxLengthTokens}`,
    );
  }
  if (load.kind !== 'kv_fill') {
    const concurrency = load.kind === 'concurrency' ? load.concurrency : null;
    return { point, concurrency, arrivals: arrivalsOf(load), kv_fill: null };
  }
  const capacity = kvCapacityOf(facts);
  if (capacity === null) {
    return skip('kv_capacity_unknown', `KV capacity of ${facts.name} is not known (kv_capacity_tokens)`);
  }
  return {
    point,
    concurrency: streamsForFill(load.fill, capacity, input_tokens, output_tokens),
    arrivals: null,
    kv_fill: load.fill,
  };
}

/** One cell of a point: a repeat, and for an anchor its place in the run. */
export const cellOf = (
  { point, concurrency, arrivals, kv_fill }: ResolvedPoint,
  repeat: number,
  anchor: CellShape['anchor'],
): CellShape => ({
  kind: point.kind,
  input_tokens: point.input_tokens,
  ...(point.cached_input_tokens !== null && { cached_input_tokens: point.cached_input_tokens }),
  output_tokens: point.output_tokens,
  concurrency,
  arrivals,
  kv_fill,
  repeat,
  anchor,
  hold_out: point.hold_out,
});
