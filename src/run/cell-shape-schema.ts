import { z } from 'zod';
import { CELL_KINDS, PROMPT_KINDS } from '../suite/schema.ts';

const nullableNumber = z.number().nullable();

/** How requests of an open loop arrive, whatever the server does with them. */
export const arrivalsSchema = z.object({
  process: z.enum(['constant', 'poisson', 'gamma', 'trace']),
  /** Asked for; of a trace its mean at the speed it is replayed. */
  rate_per_s: z.number(),
  /** Shape of gamma distributed gaps: 1 is Poisson, smaller is burstier. Null for the other processes. */
  burstiness: nullableNumber,
  /** The file that is replayed; its lengths are the requests' own. */
  trace: z.object({ digest: z.string(), speed: z.number() }).nullable(),
});

/** The shape of a cell: what distinguishes it on its target. */
export const cellShapeSchema = z.object({
  kind: z.enum(CELL_KINDS).default('load'),
  /** Nominal lengths; those of a trace are its means. */
  input_tokens: z.int(),
  /** Of cells of kind `cached`: tokens of every prompt that are in the prefix cache; absent for all others. */
  cached_input_tokens: z.int().optional(),
  output_tokens: z.int(),
  /** Streams of a closed loop, or requests of a batch; null: the load is open, see `arrivals`. */
  concurrency: z.int().nullable(),
  arrivals: arrivalsSchema.nullable().default(null),
  /** Set when the concurrency came from a KV fill share. */
  kv_fill: nullableNumber,
  repeat: z.int(),
  /** Null, or where in the run this repetition of an anchor cell stands. */
  anchor: z.enum(['start', 'end']).nullable(),
  /** Of an anchor measured again after so many restarts of its server; absent before the first. */
  restart: z.int().min(1).optional(),
  /** Of an anchor that is measured with another kind of prompts than the suite's; absent for all others. */
  prompt: z.enum(PROMPT_KINDS).optional(),
  hold_out: z.boolean(),
});

export type Arrivals = z.infer<typeof arrivalsSchema>;
export type CellShape = z.infer<typeof cellShapeSchema>;
