import type { Predicted } from '../fit/predictive.ts';
import type { Fit } from '../fitfile/schema.ts';

/** What a prediction is asked for, on the axes of a fit's range. */
export interface Place {
  readonly input: number;
  /** Of it, from the prefix cache. */
  readonly cached: number;
  readonly output: number;
  readonly concurrency: number;
  readonly tp: number;
}

/** How far a place lies outside the cells that were measured. */
export interface Extrapolation {
  /** One sentence for each axis that is left; empty inside the range. */
  readonly sentences: readonly string[];
  /** Factors of two from the nearest measured value, added over the axes; 0 inside, and where a device file's covariance holds. */
  readonly doublings: number;
}

/** No interval is told beyond: nothing that was measured bears on it. */
export const MOST_DOUBLINGS = 2;

/** A fit that started from a device file is as unsure of what it did not measure as that file, wherever it is asked. */
export function extrapolationOf({ range, prior }: Pick<Fit, 'range' | 'prior'>, place: Place): Extrapolation {
  const axes = [
    { name: 'input', value: place.input, between: range.input_tokens },
    { name: 'output', value: place.output, between: range.output_tokens },
    { name: 'concurrency', value: place.concurrency, between: range.concurrency },
  ];
  const left = axes.flatMap(({ name, value, between: [low, high] }) => {
    if (value >= low && value <= high) return [];
    const doublings = Math.log2(value < low ? low / value : value / high);
    return [{ sentence: `${name} ${value} is outside ${low} to ${high}`, doublings }];
  });
  const [, mostCached] = range.cached_input_tokens ?? [0, 0];
  if (place.cached > mostCached) {
    const seen = mostCached === 0 ? 'no cell had any' : `at most ${mostCached} were measured`;
    left.push({ sentence: `cached input ${place.cached}: ${seen}`, doublings: 0 });
  }
  const sizes = range.tensor_parallel;
  if (!sizes.includes(place.tp)) {
    left.push({
      sentence: `tensor parallel size ${place.tp} was not measured (measured: ${sizes.join(', ')})`,
      doublings: Math.min(...sizes.map((size) => Math.abs(Math.log2(place.tp / size)))),
    });
  }
  return {
    sentences: [...left.map(({ sentence }) => sentence), ...(prior && left.length > 0 ? [PRIOR_HOLDS] : [])],
    doublings: prior ? 0 : left.reduce((sum, one) => sum + one.doublings, 0),
  };
}

const PRIOR_HOLDS =
  'there the intervals are those of the device file that the fit started from, narrowed by its cells';

/**
 * Intervals as the distance calls for. Their width was learnt inside the range; outside, every doubling adds it once more (a
 * rule of thumb: nothing there was measured), and beyond `MOST_DOUBLINGS` there is none.
 */
export const widened = <T extends Readonly<Record<keyof T, Predicted>>>(
  prediction: T,
  doublings: number,
): T =>
  Object.fromEntries(
    Object.entries<Predicted>(prediction).map(([key, { value, interval_90 }]) => {
      if (value === null || interval_90 === null || doublings === 0) return [key, { value, interval_90 }];
      if (doublings > MOST_DOUBLINGS) return [key, { value, interval_90: null }];
      const [low, high] = interval_90.map((end) => value * (end / value) ** (1 + doublings));
      return [key, { value, interval_90: [low!, high!] }];
    }),
  ) as unknown as T;
