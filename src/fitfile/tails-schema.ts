import { z } from 'zod';
import { TAIL_KEYS } from '../fit/tails/tail-keys.ts';

const number = z.number();
const tailKey = z.enum(TAIL_KEYS as unknown as [string, ...string[]]);

const summariesSchema = z
  .partialRecord(
    tailKey,
    z.object({
      n: z.int(),
      mape: number,
      median_ape: number,
      p90_ape: number,
      bias: number,
      coverage_90: number.nullable().describe('Null where no prediction has an interval.'),
    }),
  )
  .describe('Percent, by percentile.');

const missSchema = z.object({ key: tailKey, cells: z.int(), log_half_width_90: number });

/** What the percentiles of a fit's cells showed that their means hide. */
export const tailsSectionSchema = z
  .object({
    traits: z
      .object({ step_spread: number, prompt_step_ratio: number, prompt_step_extra_s: number })
      .describe(
        'Standard deviation of the logarithm of a step around its mean; what prompts add to a step as a multiple of the roofline, and seconds on top, shared by the devices. Steps without prompts are shorter for it: TPOT stays.',
      ),
    max_num_batched_tokens: number
      .nullable()
      .describe(
        'Token budget of a step as gaps show it, where no target states it; null: that of the targets.',
      ),
    start: z
      .object({
        queue_ratio: number,
        stall_s: number,
        by_input: z.array(z.object({ input_tokens: z.int(), stall_s: number })),
      })
      .nullable()
      .describe(
        'How bursts began: the first requests wait `stall_s`, and `queue_ratio` of what the roofline says for their queue. Null: no cell was a burst.',
      ),
    misses: z
      .array(missSchema)
      .describe('How far percentiles were off on those cells: the half-width of their 90 % intervals.'),
    closed_form_misses: z
      .array(missSchema)
      .optional()
      .describe('The same of the closed form; absent: nobody looked.'),
    errors: z.object({
      in_sample: summariesSchema,
      hold_out: summariesSchema.nullable(),
      blocked: z
        .array(z.object({ kind: z.enum(['shape', 'tp', 'load']), blocks: z.int(), errors: summariesSchema }))
        .optional()
        .describe(
          'Every shape, every tensor parallel size and the highest load left out in turn: parameters, and what tails show, are learnt anew without it. Absent: the section was added to a fit that stayed as it was.',
        ),
    }),
  })
  .describe('Absent or null: no cell measured percentiles.');
