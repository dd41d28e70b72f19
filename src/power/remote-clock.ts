/** One question to another host whose answer says its time in whole seconds, as the header Date does. Wall clocks, s. */
export interface DatedAnswer {
  readonly sent_s: number;
  readonly received_s: number;
  /** By the other host's clock, cut to the second. */
  readonly date_s: number;
}

export interface ClockOffset {
  /** The other host's clock minus this one's. */
  readonly offset_s: number;
  /** The true value lies within so much of it. */
  readonly bound_s: number;
}

/** An offset that is known no better than this says nothing of a reading's place. */
const LOOSEST_S = 0.5;

/**
 * How far another host's clock is ahead. Each answer was dated between its question and its arrival, within the second that it
 * names; answers at many places of a second leave little room together.
 * @returns null where the answers contradict each other, or leave too much room
 */
export function clockOffsetOf(answers: readonly DatedAnswer[]): ClockOffset | null {
  const lowest = Math.max(...answers.map(({ date_s, received_s }) => date_s - received_s));
  const highest = Math.min(...answers.map(({ date_s, sent_s }) => date_s + 1 - sent_s));
  const bound_s = (highest - lowest) / 2;
  if (!(bound_s >= 0 && bound_s <= LOOSEST_S)) return null;
  return { offset_s: (lowest + highest) / 2, bound_s };
}
