import { z } from 'zod';
import { drivingSchema } from '../run/imported-schema.ts';

const number = z.number();
const nullableNumber = z.number().nullable();

/** A run that the fit is of. */
export const sourceRunSchema = z.object({
  id: z.string(),
  suite: z.string(),
  suite_digest: z.string(),
  digest: z.string(),
  /** The file of other people's measurements that it came from; null: measured. */
  imported: z
    .object({
      format: z.string(),
      source: z.string().describe('Name of the file, without its folder.'),
      digest: z.string(),
      attribution: z.string().nullable(),
    })
    .nullable(),
  /** What its cells were judged by, where that differs from the defaults. */
  thresholds: z.record(z.string(), z.number()).optional(),
});

/** A server of these runs, as the fit takes it. */
export const targetSchema = z.object({
  name: z.string(),
  devices: z.int(),
  tensor_parallel: z.int(),
  max_num_batched_tokens: number,
  /** Its servers were set up for each shape: a step takes the prompt, a token of every stream and so many more. */
  budget_margin_tokens: z.number().optional(),
  /** Prompts are computed whole: the budget holds so many of them, and one in any case; absent: in chunks. */
  whole_prompts: z.literal(true).optional(),
  max_num_seqs: nullableNumber,
  /**
   * Of servers that were set up for each shape: seats that they had in these runs beside one for each stream; absent: as many, or more.
   * Predictions are of servers that have them all.
   */
  seat_margin: z.int().optional(),
  /** A step is planned as the one before it begins, so that a request joins the step after the next; absent: as it ends. */
  plans_ahead: z.literal(true).optional(),
  kv_capacity_tokens: number,
  kv_cache_dtype: z.string().nullable(),
  admission: z.enum(['on_demand', 'reserved']),
  /** How its cells were driven. */
  driving: drivingSchema,
  prefix_caching: z.boolean().nullable(),
});

/** What the fit misses of one cell. */
export const residualSchema = z.object({
  target: z.string(),
  input_tokens: z.int(),
  output_tokens: z.int(),
  concurrency: z.int(),
  metric: z.enum(['ttft_ms', 'tpot_ms']),
  /** Null in published fits of other people's measurements. */
  measured: nullableNumber,
  /** Natural logarithm of predicted over measured. */
  log_residual: number,
  /** Standard deviation that the fit gave it, before the robust weight. */
  log_sd: number,
  /** Huber's weight, 1 for a residual inside 1.345 standard deviations. */
  weight: number,
});

/** A cell of these runs that the fit does not use. */
export const leftOutSchema = z.object({
  run: z.string(),
  target: z.string(),
  input_tokens: z.int(),
  output_tokens: z.int(),
  concurrency: z.int().nullable(),
  reasons: z.array(z.string()),
});
