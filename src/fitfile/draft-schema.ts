import { z } from 'zod';
import { DRAFT_NAMES } from '../roofline/parameters.ts';
import { proposerSchema } from '../run/served-schema.ts';
import { parameterSchema } from './parameter-schema.ts';

const interval = z.tuple([z.number(), z.number()]);

/** Speculative decoding in the cells of a fit, and what proposing tokens costs. */
export const draftSectionSchema = z
  .object({
    draft_tokens: interval.describe('Tokens that were proposed for a sequence in a step: fewest and most.'),
    acceptance: interval.describe('Share of them that was accepted, by the counters of the servers.'),
    proposers: z
      .array(proposerSchema)
      .optional()
      .describe('How servers say that they propose tokens; absent: none says it.'),
    plain_cells: z.int().describe('Cells whose server did not speculate.'),
    parameters: z.record(z.enum(DRAFT_NAMES), parameterSchema),
  })
  .describe(
    'A step that proposes k tokens takes k times (draft_pass_s + sequences × draft_sequence_s) more, beside what the weights and the KV of `model_card.draft` take where that is there.',
  );

export type DraftSection = z.infer<typeof draftSectionSchema>;
