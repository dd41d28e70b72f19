import { z } from 'zod';
import { QUESTIONS } from '../fit/steps/open-question.ts';

const number = z.number();
const logErrors = z
  .record(z.string(), number)
  .describe(
    'Standard error of the natural logarithm of each parameter from this source and the priors alone.',
  );

/** What the numbers of a fit are of. */
export const sourcesSchema = z
  .object({
    cell_means: z.object({ cells: z.int(), numbers: z.int(), log_standard_errors: logErrors }),
    engine_steps: z.object({
      cells: z.int(),
      seen: z.int().describe('Steps in the stamps of these cells.'),
      usable: z.int().describe('Steps of which it is known what they computed.'),
      held_up: z.int().describe('Of them, set aside because something else held them up.'),
      first_use: z
        .object({ steps: z.int(), slower_by: number })
        .optional()
        .describe(
          'Of them, set aside because an engine was slower with steps of a size that it had not run before: how many, and by what share. Absent: no such difference.',
        ),
      numbers: z.int().describe('Means over alike steps, and the request overhead.'),
      independent: number.describe(
        'Steps that the means are worth, with the correlation of successive ones.',
      ),
      lag_one_correlation: number,
      scatter_by_kernel: z
        .object({ ttft: number, tpot: number })
        .describe(
          'Relative standard deviation of what the model misses of a kernel: of steps with prompts, and of steps without.',
        ),
      budgets: z
        .array(z.object({ target: z.string(), used: number, read: number.nullable(), at_least: number }))
        .describe(
          'Tokens of a step, as they were used, as the steps show them (null: no prompt was cut), and most that one had.',
        ),
      log_standard_errors: logErrors,
    }),
    check: z
      .array(
        z.object({
          target: z.string(),
          input_tokens: z.int(),
          output_tokens: z.int(),
          concurrency: z.int(),
          metric: z.enum(['ttft_ms', 'tpot_ms']),
          measured: number,
          error_percent: number.describe('Predicted over measured, less one.'),
          standard_deviations: number,
        }),
      )
      .describe('Means of the cells whose steps were used, predicted by a fit that had not seen them.'),
    information_shares: z
      .record(z.string(), z.object({ engine_steps: number, cell_means: number, prior: number }))
      .optional()
      .describe(
        'Of what the fit knows of each parameter, the share that either source and the priors gave; they add up to 1. Absent in older files.',
      ),
    open_questions: z
      .array(z.object({ about: z.enum(QUESTIONS), why: z.string(), cell: z.string() }))
      .optional()
      .describe('What these cells cannot tell, and the cell that would. Absent in older files.'),
  })
  .describe('Only where the engine steps of cells were used beside their means.');

export type FitSources = z.infer<typeof sourcesSchema>;
