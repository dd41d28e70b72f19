import type { RequestOutcome, RequestRole, RequestTimeline, TokenUsage } from './timeline.ts';

/**
 * A request's timeline as it is sent and stored: whole microseconds; stamps of chunks as the first one and the steps from
 * each to the next. One token a chunk, the usual case, is written as the number 1.
 */
export interface RequestLine {
  readonly sequence: number;
  readonly stream: number;
  readonly role: RequestRole;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly scheduled_us: number;
  readonly sent_us: number;
  readonly first_byte_us: number | null;
  readonly first_choices_us: number | null;
  readonly ended_us: number;
  readonly chunk_steps_us: readonly number[];
  readonly chunk_tokens: number | readonly number[];
  readonly chunk_bounds_us: readonly number[];
  readonly usage: TokenUsage | null;
  readonly tokens_counted_by: 'server' | 'chunks';
  readonly outcome: RequestOutcome;
  /** End of the prefill leg and sending of the decode leg, where there were two. */
  readonly legs_us?: readonly [number, number] | undefined;
}

const US_PER_S = 1e6;
const toUs = (seconds: number): number => Math.round(seconds * US_PER_S);
const toUsOrNull = (seconds: number | null): number | null => (seconds === null ? null : toUs(seconds));
const toS = (us: number): number => us / US_PER_S;
const toSOrNull = (us: number | null): number | null => (us === null ? null : toS(us));

/** Packs a timeline. Times are rounded to the microsecond; everything else is kept as it is. */
export function encodeTimeline(timeline: RequestTimeline): RequestLine {
  const { at_s, tokens, bound_s } = timeline.chunks;
  const at = at_s.map(toUs);
  const same = tokens.length > 0 && tokens.every((count) => count === tokens[0]);
  return {
    sequence: timeline.sequence,
    stream: timeline.stream,
    role: timeline.role,
    input_tokens: timeline.input_tokens,
    output_tokens: timeline.output_tokens,
    scheduled_us: toUs(timeline.scheduled_s),
    sent_us: toUs(timeline.sent_s),
    first_byte_us: toUsOrNull(timeline.first_byte_s),
    first_choices_us: toUsOrNull(timeline.first_choices_s),
    ended_us: toUs(timeline.ended_s),
    // Steps between rounded stamps, so that rounding errors do not add up.
    chunk_steps_us: at.map((us, index) => (index === 0 ? us : us - at[index - 1]!)),
    chunk_tokens: same ? tokens[0]! : tokens,
    chunk_bounds_us: bound_s.map(toUs),
    usage: timeline.usage,
    tokens_counted_by: timeline.tokens_counted_by,
    outcome: timeline.outcome,
    ...(timeline.legs && {
      legs_us: [toUs(timeline.legs.prefill_ended_s), toUs(timeline.legs.decode_sent_s)] as const,
    }),
  };
}

/** Unpacks a timeline; packing it again gives the same line. */
export function decodeTimeline(line: RequestLine): RequestTimeline {
  let us = 0;
  const at_s = line.chunk_steps_us.map((step) => {
    us += step;
    return toS(us);
  });
  const { chunk_tokens } = line;
  return {
    sequence: line.sequence,
    stream: line.stream,
    role: line.role,
    input_tokens: line.input_tokens,
    output_tokens: line.output_tokens,
    scheduled_s: toS(line.scheduled_us),
    sent_s: toS(line.sent_us),
    first_byte_s: toSOrNull(line.first_byte_us),
    chunks: {
      at_s,
      tokens: typeof chunk_tokens === 'number' ? at_s.map(() => chunk_tokens) : chunk_tokens,
      bound_s: line.chunk_bounds_us.map(toS),
    },
    usage: line.usage,
    tokens_counted_by: line.tokens_counted_by,
    ended_s: toS(line.ended_us),
    outcome: line.outcome,
    first_choices_s: toSOrNull(line.first_choices_us),
    ...(line.legs_us && {
      legs: { prefill_ended_s: toS(line.legs_us[0]), decode_sent_s: toS(line.legs_us[1]) },
    }),
  };
}

/** The timeline as a reader of the record will see it: metrics of it can be recomputed exactly. */
export const quantise = (timeline: RequestTimeline): RequestTimeline =>
  decodeTimeline(encodeTimeline(timeline));
