import { z } from 'zod';

const percent = z.number().positive();

/** What an adaptive run goes on until: kept in its record, so that it can be resumed. */
export const adaptiveSchema = z.object({
  /** Half-widths of the asked 90 % intervals, percent; empty: the time decides. */
  goals: z.object({ ttft_ms: percent.optional(), tpot_ms: percent.optional() }),
  /** Predictions that are to become certain; empty: every cell of the suite. */
  asked: z.array(
    z.object({
      input_tokens: z.int(),
      output_tokens: z.int(),
      concurrency: z.int(),
      /** Null: on every target. */
      tensor_parallel: z.int().nullable(),
    }),
  ),
  criterion: z.enum(['i', 'd']),
  budget_minutes: z.number().positive(),
});

export type AdaptiveOptions = z.infer<typeof adaptiveSchema>;
