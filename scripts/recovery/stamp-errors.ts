import type { RequestTimeline } from '../../src/measure/timeline.ts';
import type { Random } from '../../src/stats/random.ts';

/** Normal number from two uniform ones (Box and Muller). */
export const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());

/** First and last token are what TTFT and TPOT rest on; the error never puts a stamp before the one before it. */
export function withStampError(timeline: RequestTimeline, random: Random, sd: number): RequestTimeline {
  const at_s = [...timeline.chunks.at_s];
  for (const index of new Set([0, at_s.length - 1])) {
    if (at_s[index] === undefined) continue;
    const earliest = index === 0 ? timeline.sent_s : at_s[index - 1]!;
    at_s[index] = Math.max(earliest, at_s[index] + sd * normal(random));
  }
  return { ...timeline, chunks: { ...timeline.chunks, at_s } };
}

/** Of what a step's tokens are late by, the part that each stream has of its own. */
const OWN_SHARE = 0.2;

/**
 * Every stamp of a cell late: the tokens of one step together, by the same draw, and each a little by its own. No stamp comes
 * before the one before it of its request.
 * @param sd of the common part, s
 */
export function withLateSteps(
  timelines: readonly RequestTimeline[],
  random: Random,
  sd: number,
): RequestTimeline[] {
  const lateness = new Map<number, number>();
  const late = (end: number): number => {
    const known = lateness.get(end) ?? Math.abs(sd * normal(random));
    lateness.set(end, known);
    return end + known + Math.abs(OWN_SHARE * sd * normal(random));
  };
  return timelines.map((timeline) => {
    let before = timeline.sent_s;
    const at_s = timeline.chunks.at_s.map((end) => {
      before = Math.max(before, late(end));
      return before;
    });
    return { ...timeline, chunks: { ...timeline.chunks, at_s } };
  });
}
