import type { Fit } from '../../fitfile/schema.ts';
import type { Requests } from './requests.ts';

/** A share of requests above this outside what a fit saw is told. */
const TELL_SHARE = 0.05;

/** What of a trace's lengths lies outside what a fit was measured at. */
export function rangeNotes({ range }: Fit, label: string, { count, input, output }: Requests): string[] {
  const axes = [
    ['prompts', input, range.input_tokens],
    ['answers', output, range.output_tokens],
  ] as const;
  return axes.flatMap(([what, lengths, [low, high]]) => {
    const outside = lengths.reduce((sum, one) => sum + (one < low || one > high ? 1 : 0), 0);
    if (outside <= TELL_SHARE * count) return [];
    const percent = Math.round((100 * outside) / count);
    return [`${label}: ${percent} % of the ${what} are outside the measured ${low} to ${high} tokens`];
  });
}
