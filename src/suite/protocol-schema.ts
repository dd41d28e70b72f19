import { z } from 'zod';

/** Each holds a socket; far from the ports that a host has. */
export const MOST_IN_FLIGHT = 8192;

/** What prompts can be made of. */
export const PROMPT_KINDS = ['random_ids', 'text_ids', 'lab_text'] as const;

const fields = z.strictObject({
  release: z.enum(['spread', 'burst']).default('spread').describe('How the streams of a closed loop start.'),
  release_min_s: z
    .number()
    .min(0)
    .max(3600)
    .optional()
    .describe(
      'The spread release of a closed loop takes at least so long, so that the engine runs every batch size on the way; default: the time that one request takes alone.',
    ),
  input_spread: z
    .tuple([z.number().min(0.001).max(64), z.number().min(0.001).max(64)])
    .refine(([low, high]) => low <= high, 'the low end is above the high end')
    .optional()
    .describe(
      'Prompt lengths of closed loops are drawn between these multiples of the nominal length, evenly in the logarithm; default: exact. Cells of mixed lengths are for fits from engine steps.',
    ),
  input_lengths: z
    .int()
    .min(2)
    .max(1000)
    .optional()
    .describe(
      'With `input_spread`: only so many prompt lengths, from one end to the other, for engines that prepare kernels for every size of a step; default: any.',
    ),
  output_jitter: z
    .tuple([z.number().min(0.01).max(2), z.number().min(0.01).max(2)])
    .refine(([low, high]) => low <= high, 'the low end is above the high end')
    .default([0.9, 1.1])
    .describe(
      'Output lengths are drawn uniformly between these multiples of the nominal length; [1, 1] is exact.',
    ),
  prompt: z
    .enum(PROMPT_KINDS)
    .optional()
    .describe(
      "What prompts are made of: random_ids, text_ids (ids of text in the public domain), or lab_text (the lab file's `prompts`). Default: random_ids, and text for mixtures of experts.",
    ),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .optional()
    .describe(
      'Default: 0, and 1 (with a seed) for mixtures of experts, whose routing greedy decoding bends.',
    ),
  seed: z.int().min(0).default(1),
  warm_up_max_s: z.number().positive().default(300),
  request_timeout_s: z
    .number()
    .positive()
    .default(600)
    .describe('A request that has not ended after so long has failed; covers the wait in the queue.'),
  max_in_flight: z
    .int()
    .min(1)
    .max(60_000)
    .optional()
    .describe(`An open loop with more requests in flight ends as overloaded; default ${MOST_IN_FLIGHT}.`),
  warm_up_min_s: z
    .number()
    .min(0)
    .optional()
    .describe(
      'The window opens so long after load onset at the earliest; default 0, or 2 where power is read.',
    ),
  stall_timeout_s: z
    .number()
    .positive()
    .default(60)
    .describe('A stream that sends nothing for so long after its first token has failed.'),
  client_workers: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Threads of the client that send and read, where one core is not enough (`client_bound`).'),
});

export const protocolSchema = fields.refine(
  ({ input_spread, input_lengths }) => input_spread !== undefined || input_lengths === undefined,
  { path: ['input_lengths'], error: 'it needs input_spread, without which there is one prompt length' },
);

export const stopSchema = z.strictObject({
  confidence_half_width: z
    .number()
    .min(0.0005)
    .max(1)
    .default(0.02)
    .describe('Stop when the 95 % half-widths of mean TTFT and TPOT are below this share of the means.'),
  min_requests: z.int().min(1).default(16),
  max_requests: z.int().min(1).default(2000),
  min_s: z.number().min(0).default(5),
  max_s: z.number().positive().default(180),
  window_min_s: z
    .number()
    .min(0)
    .optional()
    .describe(
      'The window is no shorter, however many requests it has; default 0, or the 10 to 30 s that a power source needs.',
    ),
});

export type Protocol = z.infer<typeof protocolSchema>;
export type StopRule = z.infer<typeof stopSchema>;
