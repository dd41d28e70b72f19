import { z } from 'zod';
import { SEARCH_ENDS } from '../load/search-ends.ts';

/** What a run searches: kept in its record, so that it can be resumed. The objectives are those of its suite. */
export const findMaxSchema = z.object({
  axis: z.enum(['rate', 'concurrency']),
  /** The search ends when the load that broke an objective lies at most this share above the one that met them. */
  tolerance: z.number().positive(),
});
export type FindMaxOptions = z.infer<typeof findMaxSchema>;

const triedSchema = z.object({
  /** Requests a second, or streams. */
  load: z.number(),
  /** The objective that was nearest to its limit, or that broke; `overloaded` where requests came faster than they were served. */
  decided_by: z.string().nullable(),
  value_ms: z.number().nullable(),
  half_width_ms: z.number().nullable(),
  /** False: its interval straddles the limit after every repeat, and the mean decided. */
  decided: z.boolean(),
  repeats: z.int(),
  /** Its cells in `cells.jsonl`. */
  cells: z.array(z.string()),
  /** Reasons of these cells that are no notes. */
  reasons: z.array(z.string()),
});

/** The search of one shape on one target: an entry of `find-max.json`. */
export const searchSchema = z.object({
  target: z.string(),
  input_tokens: z.int(),
  output_tokens: z.int(),
  /** The highest load that met every objective, and the lowest that did not. */
  met: triedSchema.nullable(),
  not_met: triedSchema.nullable(),
  /** Null: not over yet. */
  ended: z.enum(SEARCH_ENDS).nullable(),
  /** What stands in the way where it ended without a bracket. */
  message: z.string().nullable(),
});
export type Search = z.infer<typeof searchSchema>;
export type Tried = z.infer<typeof triedSchema>;
