import type { CellShape } from '../run/schema.ts';
import type { GridPoint } from '../suite/expand.ts';
import type { Protocol } from '../suite/schema.ts';
import { closedLoopCell } from './closed-loop-cell.ts';
import { kvCapacityOf, type TargetFacts } from './facts.ts';

/** A point of the grid that this target does not measure, and why. */
export interface SkippedPoint {
  readonly target: string;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly load: string;
  readonly reason: 'over_length' | 'kv_capacity_unknown';
  readonly message: string;
}

/** A point with the number of streams that it means on one target. */
export interface ResolvedPoint {
  readonly point: GridPoint;
  readonly concurrency: number;
  readonly kv_fill: number | null;
}

export interface ResolvedPoints {
  readonly points: readonly ResolvedPoint[];
  readonly skipped: readonly SkippedPoint[];
}

/** Longest request of a cell, tokens: the prompt and the longest output that the jitter draws; a batch has no jitter. */
export const longestRequest = (point: GridPoint, protocol: Pick<Protocol, 'output_jitter'>): number =>
  point.input_tokens +
  Math.round(point.output_tokens * (point.kind === 'decode' ? 1 : protocol.output_jitter[1]));

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
  protocol: Pick<Protocol, 'output_jitter'>,
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
  protocol: Pick<Protocol, 'output_jitter'>,
): ResolvedPoint | SkippedPoint {
  const { input_tokens, output_tokens, load } = point;
  const skip = (reason: SkippedPoint['reason'], message: string): SkippedPoint => ({
    target: facts.name,
    input_tokens,
    output_tokens,
    load: load.kind === 'concurrency' ? String(load.concurrency) : `kv_fill ${load.fill}`,
    reason,
    message,
  });
  const longest = longestRequest(point, protocol);
  if (facts.maxLengthTokens !== null && longest > facts.maxLengthTokens) {
    return skip(
      'over_length',
      `needs ${longest} tokens (${input_tokens} in, up to ${longest - input_tokens} out), ${facts.name} serves at most ${facts.maxLengthTokens}`,
    );
  }
  if (load.kind === 'concurrency') return { point, concurrency: load.concurrency, kv_fill: null };
  const capacity = kvCapacityOf(facts);
  if (capacity === null) {
    return skip('kv_capacity_unknown', `KV capacity of ${facts.name} is not known (kv_capacity_tokens)`);
  }
  return {
    point,
    concurrency: streamsForFill(load.fill, capacity, input_tokens, output_tokens),
    kv_fill: load.fill,
  };
}

/** One cell of a point: a repeat, and for an anchor its place in the run. */
export const cellOf = (
  { point, concurrency, kv_fill }: ResolvedPoint,
  repeat: number,
  anchor: CellShape['anchor'],
): CellShape =>
  closedLoopCell(
    { ...point, concurrency },
    { kind: point.kind, kv_fill, repeat, anchor, hold_out: point.hold_out },
  );
