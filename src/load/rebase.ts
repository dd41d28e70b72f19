import type { RequestTimeline } from '../measure/timeline.ts';

/** A timeline on the port's clock as seconds from the cell's origin. */
export function rebase(timeline: RequestTimeline, origin: number): RequestTimeline {
  if (origin === 0) return timeline;
  const shift = (time: number): number => time - origin;
  const shiftOrNull = (time: number | null): number | null => (time === null ? null : time - origin);
  return {
    ...timeline,
    scheduled_s: shift(timeline.scheduled_s),
    sent_s: shift(timeline.sent_s),
    first_byte_s: shiftOrNull(timeline.first_byte_s),
    first_choices_s: shiftOrNull(timeline.first_choices_s),
    ended_s: shift(timeline.ended_s),
    ...(timeline.legs && {
      legs: {
        prefill_ended_s: shift(timeline.legs.prefill_ended_s),
        decode_sent_s: shift(timeline.legs.decode_sent_s),
      },
    }),
    chunks: { ...timeline.chunks, at_s: timeline.chunks.at_s.map(shift) },
  };
}
