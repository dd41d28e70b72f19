import { quantile, type SortedSample, sortSample } from '../stats/sorted.ts';
import type { RequestTimeline } from './timeline.ts';

/** How far off the client's own stamps can be, s; null without stamps. */
export interface StampBounds {
  readonly ttft_p50: number | null;
  readonly ttft_p99: number | null;
  readonly chunk_p50: number | null;
  readonly chunk_p99: number | null;
}

/** Percentiles of the stamp bounds of first chunks and of all chunks. They are limits, so no sample floor applies. */
export function stampBounds(requests: readonly RequestTimeline[]): StampBounds {
  const first: number[] = [];
  const all: number[] = [];
  for (const { chunks } of requests) {
    if (chunks.bound_s.length > 0) first.push(chunks.bound_s[0]!);
    for (const bound of chunks.bound_s) all.push(bound);
  }
  const firstSample = sortSample(first);
  const allSample = sortSample(all);
  return {
    ttft_p50: at(firstSample, 0.5),
    ttft_p99: at(firstSample, 0.99),
    chunk_p50: at(allSample, 0.5),
    chunk_p99: at(allSample, 0.99),
  };
}

const at = (sample: SortedSample | null, q: number): number | null =>
  sample === null ? null : quantile(sample, q);
