import { z } from 'zod';
import { USUAL_PADDINGS } from '../fit/padding/sizes.ts';
import { PADDING_SOURCES } from '../roofline/padding.ts';

const sizes = z.array(z.int().min(1)).nullable();
const nullableNumber = z.number().nullable();

const errorsSchema = z
  .object({ ttft_mape: nullableNumber, tpot_mape: nullableNumber })
  .describe('Mean absolute errors, percent.');
const scoresSchema = z.object({
  in_sample: errorsSchema,
  left_out: errorsSchema
    .nullable()
    .describe(
      'Every load (every shape, where there are too few loads) left out in turn, by one linear step from the fit of all.',
    ),
  hold_out: errorsSchema.nullable().describe('Cells that were kept from the fit.'),
});

/** What servers pad their steps to, and fits with and without it on the same cells. */
export const paddingSectionSchema = z
  .object({
    targets: z
      .array(
        z.object({
          target: z.string(),
          source: z.enum(PADDING_SOURCES),
          batch: sizes,
          query: sizes,
          kv_blocks: sizes,
          context_blocks: sizes
            .optional()
            .describe('Of what a piece of a prompt finds in the KV cache; absent: not padded.'),
          block_size: z.int().min(1).describe('Tokens of a KV block.'),
        }),
      )
      .describe(
        'Sizes, ascending; null: that axis is not padded. Without `query` they are CUDA graphs: the rows of a whole step are padded to `batch`. With it shapes are static: decoding sequences, tokens of each piece of a prompt, the KV blocks that decodes read and those that a piece of a prompt finds are each padded to their own sizes. A target without an entry pads nothing.',
      ),
    used: z.boolean().describe('Whether the parameters of this file are those of the fit with padding.'),
    cost_ratio: z.number().describe('Robust cost of the fit with padding over that without.'),
    with: scoresSchema,
    without: scoresSchema,
    tried: z
      .array(z.object({ sizes: z.enum([...USUAL_PADDINGS, 'other']), cost_ratio: z.number() }))
      .describe(
        'Usual sizes that were tried where none was read, by rough fits in closed form, and `other`: the best of those that were made up from the loads, where they explain the cells so much better; else empty.',
      ),
  })
  .describe('Absent: no server says that it pads steps, and the cells show no staircase.');

/** What the cells cannot tell of padding. */
export const paddingQuestionsSchema = z
  .array(z.object({ about: z.literal('padding'), why: z.string(), cell: z.string() }))
  .describe('What these cells leave open of padding, and the cells that would tell. Absent: nothing.');

export type PaddingSection = z.infer<typeof paddingSectionSchema>;
