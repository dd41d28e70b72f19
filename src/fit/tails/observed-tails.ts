import { TAIL_QUANTILES } from '../../roofline/tails.ts';
import type { CellMetrics, Statistic } from '../../run/schema.ts';
import { median } from '../../stats/sorted.ts';
import { TAIL_KEYS, type TailKey, tailKey } from './tail-keys.ts';

/** Percentiles that a cell measured, s; those below their sample floor, or not in a file, are absent. */
export type ObservedTails = Readonly<Partial<Record<TailKey, number>>>;

/** Chunks of one token each: their gaps are the times between tokens. */
const SINGLE_TOKEN_SHARE = 0.99;
/** Where a file does not tell tokens per chunk: the mean gap is TPOT within so much where chunks carry one. */
const SAME_AS_TPOT = 0.05;

export function observedTails(metrics: CellMetrics): ObservedTails {
  const of = (metric: 'ttft' | 'tpot' | 'e2e' | 'tbt', statistic: Statistic | null) =>
    (statistic?.percentiles ?? [])
      .filter(({ q, value }) => value > 0 && TAIL_QUANTILES.some((each) => each === q))
      .map(({ q, value }) => [tailKey(metric, q), value / 1e3] as const);
  return Object.fromEntries([
    ...of('ttft', metrics.ttft_ms),
    ...of('tpot', metrics.tpot_ms),
    ...of('e2e', metrics.e2e_ms),
    ...(gapsAreTokens(metrics) ? of('tbt', metrics.icl_ms) : []),
  ]);
}

/** Whether gaps between chunks are those between tokens: some engines send ten or thirty tokens at once. */
function gapsAreTokens({ single_token_chunks, icl_ms, tpot_ms }: CellMetrics): boolean {
  if (single_token_chunks !== null) return single_token_chunks >= SINGLE_TOKEN_SHARE;
  if (icl_ms === null || tpot_ms === null) return false;
  return Math.abs(icl_ms.mean / tpot_ms.mean - 1) <= SAME_AS_TPOT;
}

/** Medians over repeats, each percentile by those that have it. */
export function mergeTails(repeats: readonly (ObservedTails | undefined)[]): ObservedTails {
  return Object.fromEntries(
    TAIL_KEYS.flatMap((key) => {
      const middle = median(repeats.flatMap((one) => one?.[key] ?? []));
      return middle === null ? [] : [[key, middle]];
    }),
  );
}
