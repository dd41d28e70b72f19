import { z } from 'zod';
import type { StepColumns } from '../measure/steps/steps-codec.ts';

const whole = z.int();
const column = z.union([whole, z.array(whole)]);

/** What a cell's record says about the engine steps that were found in its stamps; all of them are in `steps_file`. */
export const stepsSummarySchema = z.object({
  count: whole,
  /** Steps seen between two scrapes of the server, and the steps it counted there; null: it counts none. */
  checked_count: whole.nullable(),
  server_count: whole.nullable(),
  /** The two agree, so the steps may be used one by one; null: not known. */
  resolved: z.boolean().nullable(),
  /** Of the steps that only decode. */
  median_decode_step_ms: z.number().nullable(),
});
export type StepsSummary = z.infer<typeof stepsSummarySchema>;

/** A file under `steps/`, see `measure/steps/steps-codec.ts`. */
export const stepColumnsSchema = z.object({
  count: whole.min(0),
  end_steps_us: column,
  bounds_us: column,
  idle_steps: z.array(whole),
  idle_lengths_us: z.array(whole),
  decodes: column,
  context_changes: column,
  extra_tokens: column,
  open_prompt_changes: column,
  open_prompt_token_changes: column,
  prompt_steps: z.array(whole),
  prompt_tokens: column,
  prompt_cached_tokens: column,
  prompt_waits_us: column,
}) satisfies z.ZodType<StepColumns>;
