import { type CountedValues, countedQuantiles } from '../stats/counted-quantile.ts';
import { spreadQuantiles } from '../stats/spread-quantile.ts';
import { type LatencyTail, TAIL_QUANTILES, type TailTraits } from './tails.ts';

/** Gaps between tokens by kinds of steps: columns over kinds. */
export interface StepGaps {
  /** Seconds of the step had it no prompts. */
  readonly plain: Float64Array;
  /** Seconds that prompts add; 0 without any. */
  readonly prompts: Float64Array;
  /** Gaps of this kind: streams times steps. */
  readonly counts: Float64Array;
}

/** Steps without prompts are not taken to be shorter or longer than that. */
const LARGEST_CHANGE = 1.5;

/**
 * Quantiles of the gaps between tokens from the mix of steps: most are a step of decodes alone, some hold prompts, and a
 * stream's gap is whichever step it is in.
 * @param mean what the gaps are known to be on average, s
 * @returns null without any gap
 */
export function gapTail(
  gaps: StepGaps,
  tensorParallel: number,
  traits: TailTraits,
  mean: number,
): LatencyTail | null {
  const sample = withTraits(gaps, tensorParallel, traits, mean);
  const total = sum(sample.counts);
  if (!(total > 0)) return null;
  const quantiles =
    traits.step_spread > 0
      ? spreadQuantiles(sample, traits.step_spread, TAIL_QUANTILES)
      : countedQuantiles(sample, TAIL_QUANTILES);
  return { mean: dot(sample.values, sample.counts) / total, quantiles };
}

function withTraits(
  { plain, prompts, counts }: StepGaps,
  tensorParallel: number,
  { prompt_step_ratio, prompt_step_extra_s }: TailTraits,
  mean: number,
): CountedValues {
  const extra = prompt_step_extra_s / tensorParallel;
  const added = prompts.map((seconds) => (seconds > 0 ? prompt_step_ratio * seconds + extra : 0));
  const whole = mean * sum(counts);
  const factor = (whole - dot(added, counts)) / dot(plain, counts);
  const kept = Math.min(LARGEST_CHANGE, Math.max(1 / LARGEST_CHANGE, factor));
  return { values: plain.map((seconds, i) => kept * seconds + added[i]!), counts };
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((total, value, i) => total + value * b[i]!, 0);
