import type { RequestTimeline } from '../measure/timeline.ts';

/** A timeline whose columns travel between threads without being copied one number at a time. */
export interface TravellingTimeline {
  readonly facts: Omit<RequestTimeline, 'chunks'>;
  /** `at_s`, `tokens` and `bound_s`, one after another. */
  readonly columns: Float64Array<ArrayBuffer>;
}

/** Packs a timeline with its times moved by so many seconds, onto the clock that threads share. */
export function packTimeline(timeline: RequestTimeline, shift_s: number): TravellingTimeline {
  const { chunks, ...facts } = timeline;
  const count = chunks.at_s.length;
  const columns = new Float64Array(3 * count);
  for (let i = 0; i < count; i++) columns[i] = chunks.at_s[i]! + shift_s;
  columns.set(chunks.tokens, count);
  columns.set(chunks.bound_s, 2 * count);
  return { facts: shiftFacts(facts, shift_s), columns };
}

/** The timeline again, with its times moved by so many seconds. */
export function unpackTimeline({ facts, columns }: TravellingTimeline, shift_s: number): RequestTimeline {
  const count = columns.length / 3;
  const at_s: number[] = [];
  const tokens: number[] = [];
  const bound_s: number[] = [];
  for (let i = 0; i < count; i++) {
    at_s.push(columns[i]! + shift_s);
    tokens.push(columns[count + i]!);
    bound_s.push(columns[2 * count + i]!);
  }
  return { ...shiftFacts(facts, shift_s), chunks: { at_s, tokens, bound_s } };
}

type Facts = TravellingTimeline['facts'];

const shiftFacts = (facts: Facts, shift_s: number): Facts => ({
  ...facts,
  scheduled_s: facts.scheduled_s + shift_s,
  sent_s: facts.sent_s + shift_s,
  first_byte_s: facts.first_byte_s === null ? null : facts.first_byte_s + shift_s,
  first_choices_s: facts.first_choices_s === null ? null : facts.first_choices_s + shift_s,
  ended_s: facts.ended_s + shift_s,
});
