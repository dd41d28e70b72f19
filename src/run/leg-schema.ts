import { z } from 'zod';

/** The steps that a `decode` cell was measured on. */
export const decodeStepsSchema = z.object({
  /** Measured batches that had such steps; each is one sample of TPOT. */
  batches: z.int(),
  /** Steps in which a whole batch decoded, over all batches. */
  steps: z.int(),
  /** KV length of a stream in the middle of a batch's steps, mean, tokens. */
  mean_context_tokens: z.number(),
});

export type DecodeSteps = z.infer<typeof decodeStepsSchema>;
