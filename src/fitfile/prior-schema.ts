import { z } from 'zod';

const number = z.number();

/** The device file that a fit of few cells started from. */
export const priorSourceSchema = z.object({
  kind: z.literal('device_file'),
  accelerator: z.string().describe('Of the device file; `any`: the device itself has no fit.'),
  digest: z.string().describe('Of the device file.'),
  engine: z.string().nullable().describe('Whose line of the file; null: that of engines without fits.'),
  model_kind: z.enum(['dense', 'experts']),
  fits: z.int().describe('Fits behind it.'),
  without: z
    .array(z.string())
    .describe('Fits of the file that are of the very model, and were left out: the cells may be theirs.'),
  degrees: number.describe("Degrees of freedom of Student's distribution that it is known by."),
});

/** What a fit of few cells took from fits of other models, and how much. */
export const priorSectionSchema = priorSourceSchema
  .extend({
    cells: z.int(),
    numbers: z.int(),
    decided_by_cells: number.describe(
      'Sum of the leverages of the measured numbers: so many of `columns` the cells decide, the prior the rest.',
    ),
    columns: z.int().describe('Parameters and serving edges.'),
    log_standard_errors: z
      .record(z.string(), z.object({ before: number, after: number }))
      .describe(
        'Of the logarithm of each parameter (of an edge: in steps), before the cells and after them.',
      ),
  })
  .describe(
    'Only where a device file was the prior, with its whole covariance; `parameters.NAME.prior` then has each by itself.',
  );

export type PriorSource = z.infer<typeof priorSourceSchema>;
export type PriorSection = z.infer<typeof priorSectionSchema>;
