import type { Fit } from '../../fitfile/schema.ts';
import { cachedNote } from '../sources/fit-notes.ts';
import type { Served } from '../workload.ts';
import type { Requests } from './requests.ts';

/** A share of requests above this outside what a fit saw is told. */
const TELL_SHARE = 0.05;

/** What of a trace's lengths, and of its cached prompts, lies outside what a fit was measured at. */
export function rangeNotes(fit: Fit, label: string, { count, input, output, cached }: Requests): string[] {
  const { range } = fit;
  const mostCached = cached.reduce((most, one) => Math.max(most, one), 0);
  const axes = [
    ['prompts', input, range.input_tokens],
    ['answers', output, range.output_tokens],
  ] as const;
  return [
    ...axes.flatMap(([what, lengths, [low, high]]) => {
      const outside = lengths.reduce((sum, one) => sum + (one < low || one > high ? 1 : 0), 0);
      if (outside <= TELL_SHARE * count) return [];
      const percent = Math.round((100 * outside) / count);
      return [`${label}: ${percent} % of the ${what} are outside the measured ${low} to ${high} tokens`];
    }),
    ...cachedNote(fit, mostCached, label),
  ];
}

/** Where prompts are no longer than what is said to be cached of them. */
export function shortPromptsNote({ cached_input = 0 }: Served, { count, input }: Requests): string[] {
  const short = input.reduce((sum, one) => sum + (one <= cached_input ? 1 : 0), 0);
  if (cached_input === 0 || short === 0) return [];
  const percent = Number(((100 * short) / count).toPrecision(2));
  return [
    `${percent} % of the prompts are no longer than the ${cached_input} cached tokens: all but the end of them is taken to be cached`,
  ];
}
