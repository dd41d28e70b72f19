import type { Bucket, Buckets } from '../suite/buckets.ts';
import type { CellEvidence, TimeSpan } from './evidence.ts';
import type { RequestTimeline } from './timeline.ts';

/** Sizes of a cell as they are and as the server computes them; null: beyond its buckets, where nothing is padded. */
export interface PaddedSizes {
  /** Of a prompt, without those that are in the prefix cache. */
  readonly input_tokens: number;
  readonly padded_input_tokens: number | null;
  /** That a prompt finds in the prefix cache; absent: none is there. */
  readonly context_blocks?: number;
  readonly padded_context_blocks?: number | null;
  /** Requests that decode together, most of the time. */
  readonly batch: number;
  readonly padded_batch: number | null;
  readonly kv_blocks: number;
  readonly padded_kv_blocks: number | null;
}

/**
 * The bucket that a shape of [batch, query tokens, KV blocks] is computed in, null where none holds it: the first in order, by
 * batch, then query, then blocks, as vllm-gaudi's `find_equal_or_closest_greater_config` takes it.
 */
export function bucketFor(buckets: readonly Bucket[], shape: Bucket): Bucket | null {
  let best: Bucket | null = null;
  for (const bucket of buckets) {
    if (bucket.some((size, axis) => size < shape[axis]!)) continue;
    if (best === null || isBefore(bucket, best)) best = bucket;
  }
  return best;
}

function isBefore(a: Bucket, b: Bucket): boolean {
  const axis = a.findIndex((size, i) => size !== b[i]);
  return axis >= 0 && a[axis]! < b[axis]!;
}

/** Seconds of the window in which so many requests decoded, by their number. */
export function decodingTimes(
  timelines: readonly RequestTimeline[],
  { opened_s, closed_s }: TimeSpan,
): Map<number, number> {
  const edges: (readonly [at: number, step: 1 | -1])[] = [];
  for (const { chunks } of timelines) {
    const [first, last] = [chunks.at_s[0], chunks.at_s.at(-1)];
    if (first === undefined || last === undefined || last <= opened_s || first >= closed_s) continue;
    edges.push([Math.max(first, opened_s), 1], [Math.min(last, closed_s), -1]);
  }
  edges.sort((a, b) => a[0] - b[0]);
  const seconds = new Map<number, number>();
  let [at, decoding] = [opened_s, 0];
  for (const [time, step] of [...edges, [closed_s, 1] as const]) {
    if (time > at) seconds.set(decoding, (seconds.get(decoding) ?? 0) + time - at);
    at = time;
    decoding += step;
  }
  return seconds;
}

/** True and padded sizes of a cell on a server with buckets. */
export function paddedSizes(
  buckets: Buckets,
  { timelines, window, cached }: Pick<CellEvidence, 'timelines' | 'window' | 'cached'>,
): PaddedSizes | null {
  const load = timelines.filter(({ role }) => role === 'load');
  const first = load[0];
  if (window === null || first === undefined) return null;
  const whole = first.input_tokens;
  const context = cached
    ? cached.block_size * Math.floor(Math.min(cached.tokens, whole - 1) / cached.block_size)
    : 0;
  const input_tokens = whole - context;
  const context_blocks = Math.ceil(context / buckets.block_size);
  const prompt = bucketFor(buckets.prompt, [1, input_tokens, context_blocks]);
  const times = [...decodingTimes(timelines, window)].filter(([batch]) => batch > 0);
  const batch = times.toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? 1;
  const output = load.reduce((sum, { output_tokens }) => sum + output_tokens, 0) / load.length;
  const kv_blocks = Math.ceil((batch * (whole + output / 2)) / buckets.block_size);
  const decode = bucketFor(buckets.decode, [batch, 1, kv_blocks]);
  return {
    input_tokens,
    padded_input_tokens: prompt?.[1] ?? null,
    ...(context > 0 && { context_blocks, padded_context_blocks: prompt?.[2] ?? null }),
    batch,
    padded_batch: decode?.[0] ?? null,
    kv_blocks,
    padded_kv_blocks: decode?.[2] ?? null,
  };
}
