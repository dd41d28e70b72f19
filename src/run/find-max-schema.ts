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

/** Kinds of cells that have a highest load. */
export const SEARCHED_KINDS = ['load', 'cached', 'speculative'] as const;
export type SearchedKind = (typeof SEARCHED_KINDS)[number];

/** The search of one shape on one target: an entry of `find-max.json`. */
export const searchSchema = z.object({
  target: z.string(),
  /** What its cells are; absent: load. */
  cell_kind: z.enum(SEARCHED_KINDS).optional(),
  input_tokens: z.int(),
  /** Of every prompt, in the prefix cache; absent: none. */
  cached_input_tokens: z.int().optional(),
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

/** What tells one search of a run from another. */
export const searchKey = ({
  target,
  cell_kind,
  cached_input_tokens,
  input_tokens,
  output_tokens,
}: Search): string =>
  [target, cell_kind ?? 'load', cached_input_tokens ?? 0, input_tokens, output_tokens].join(' ');

export type Tried = z.infer<typeof triedSchema>;
