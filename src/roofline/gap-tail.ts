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
  return {
    mean: dot(sample.values, sample.counts) / total,
    quantiles: quantilesOf(sample, traits, TAIL_QUANTILES),
  };
}

/** Any quantiles of the gaps, see `gapTail`; empty without any gap. @param qs between 0 and 1, ascending */
export const gapQuantiles = (
  gaps: StepGaps,
  tensorParallel: number,
  traits: TailTraits,
  mean: number,
  qs: readonly number[],
): number[] => quantilesOf(withTraits(gaps, tensorParallel, traits, mean), traits, qs);

const quantilesOf = (sample: CountedValues, { step_spread }: TailTraits, qs: readonly number[]): number[] =>
  step_spread > 0 ? spreadQuantiles(sample, step_spread, qs) : countedQuantiles(sample, qs);

/** Which steps the gaps between tokens are. */
export interface StepSplit {
  /** Mean step of decodes alone, s; null where prompts are in all. */
  readonly pureSeconds: number | null;
  /** Share of the gaps that are steps with prompts. */
  readonly mixedShare: number;
  /** Their mean, s; null without any. */
  readonly mixedSeconds: number | null;
}

/** The two kinds of steps that the gaps are, see `gapTail`. */
export function splitOf(
  gaps: StepGaps,
  tensorParallel: number,
  traits: TailTraits,
  mean: number,
): StepSplit | null {
  const { values, counts } = withTraits(gaps, tensorParallel, traits, mean);
  const total = sum(counts);
  if (!(total > 0)) return null;
  const isMixed = gaps.prompts.map((seconds) => (seconds > 0 ? 1 : 0));
  const mixed = dot(isMixed, counts);
  const mixedSum = values.reduce((all, value, i) => all + isMixed[i]! * value * counts[i]!, 0);
  const whole = dot(values, counts);
  return {
    pureSeconds: mixed < total ? (whole - mixedSum) / (total - mixed) : null,
    mixedShare: mixed / total,
    mixedSeconds: mixed > 0 ? mixedSum / mixed : null,
  };
}

/** What the gaps are on average, s. */
export function meanGap({ plain, prompts, counts }: StepGaps): number {
  let [seconds, gaps] = [0, 0];
  for (let i = 0; i < counts.length; i += 1) {
    seconds += counts[i]! * (plain[i]! + prompts[i]!);
    gaps += counts[i]!;
  }
  return seconds / gaps;
}

/** The gaps as an engine of such traits has them, their mean kept. @param mean of the gaps, s */
export function withTraits(
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
