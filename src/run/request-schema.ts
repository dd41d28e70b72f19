import { z } from 'zod';
import type { RequestLine } from '../measure/timeline-codec.ts';

const whole = z.int();
const wholeOrNull = z.int().nullable();

/** One line of a file under `requests/`, see `measure/timeline-codec.ts`. */
export const requestLineSchema = z.object({
  sequence: whole,
  stream: whole,
  role: z.enum(['probe', 'load', 'filler']),
  input_tokens: whole,
  output_tokens: whole,
  scheduled_us: whole,
  sent_us: whole,
  first_byte_us: wholeOrNull,
  first_choices_us: wholeOrNull,
  ended_us: whole,
  chunk_steps_us: z.array(whole),
  chunk_tokens: z.union([whole, z.array(whole)]),
  chunk_bounds_us: z.array(whole),
  usage: z.object({ prompt_tokens: whole, completion_tokens: whole, cached_tokens: wholeOrNull }).nullable(),
  tokens_counted_by: z.enum(['server', 'chunks']),
  outcome: z.discriminatedUnion('state', [
    z.object({ state: z.literal('completed'), finish_reason: z.string() }),
    z.object({ state: z.literal('aborted') }),
    z.object({
      state: z.literal('failed'),
      kind: z.enum(['connection', 'http_status', 'stream_error', 'truncated', 'protocol', 'timeout']),
      message: z.string(),
      http_status: wholeOrNull,
      retry_after_s: z.number().optional(),
    }),
  ]),
  legs_us: z.tuple([whole, whole]).optional(),
}) satisfies z.ZodType<RequestLine>;
