import { gapQuantiles, meanGap, type StepGaps } from '../roofline/gap-tail.ts';
import { NO_TRAITS } from '../roofline/tails.ts';
import type { PhaseSource } from './phase-source.ts';
import type { Statistic } from './queue.ts';

/**
 * Time between two tokens by a statistic over all gaps, s: as the engine's own steps vary, where its percentiles showed it.
 * @param gaps by the roofline
 * @param mean what they are known to be on average, s; default: what they are
 */
export function gapAt(
  { slow }: Pick<PhaseSource, 'slow'>,
  tp: number,
  gaps: StepGaps,
  statistic: Statistic,
  mean: number = meanGap(gaps),
): number {
  if (statistic === 'mean') return mean;
  return gapQuantiles(gaps, tp, slow?.traits ?? NO_TRAITS, mean, [statistic])[0]!;
}

/** As many as make the rank of a percentile smooth. */
const GAPS = 1e6;

/** Gaps of a pool that decodes alone: its steps, but for the second token's, which waits for the transfer of its KV cache. */
export function gapsOfPool(step: number, transfer: number, steps: number): StepGaps {
  const second = GAPS / steps;
  return {
    plain: Float64Array.of(step, step + transfer),
    prompts: Float64Array.of(0, 0),
    counts: Float64Array.of(GAPS - second, second),
  };
}
