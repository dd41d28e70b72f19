import { z } from 'zod';
import { REASON_CODES } from '../measure/reasons.ts';
import { cellMetricsSchema } from './cell-metrics-schema.ts';
import { cellShapeSchema } from './cell-shape-schema.ts';
import { energySchema } from './energy-schema.ts';
import { kvTransferDeltaSchema } from './leg-schema.ts';
import { stepsSummarySchema } from './steps-schema.ts';

export * from './cell-metrics-schema.ts';
export * from './cell-shape-schema.ts';
export * from './leg-schema.ts';
export * from './statistic-schema.ts';

/** Major version of the run record; readers reject a newer one. */
export const RUN_SCHEMA_VERSION = 1;

const nullableNumber = z.number().nullable();

export const reasonSchema = z.object({
  code: z.enum(REASON_CODES),
  effect: z.enum(['invalid', 'flagged', 'note']),
  fit: z.enum(['exclude', 'use']),
  message: z.string(),
  value: nullableNumber,
  threshold: nullableNumber,
});

/** What the server's counters did over the window, where it exposes them. */
export const serverDeltaSchema = z.object({
  generation_tokens: nullableNumber,
  prompt_tokens: nullableNumber,
  prefix_cache_hits: nullableNumber,
  prefix_cache_queries: nullableNumber,
  preemptions: nullableNumber,
  engine_steps: nullableNumber,
  mean_running: nullableNumber,
  mean_waiting: nullableNumber,
  max_kv_usage: nullableNumber,
  ttft_mean_s: nullableNumber,
  tpot_mean_s: nullableNumber,
  /** Speculative decoding: sequences with proposed tokens (once a step), these tokens, and the accepted ones; absent in older records. */
  spec_drafts: nullableNumber.optional(),
  spec_draft_tokens: nullableNumber.optional(),
  spec_accepted_tokens: nullableNumber.optional(),
  /** What the engine itself estimates that a device computed and moved; absent in older records. */
  estimated_flop: nullableNumber.optional(),
  estimated_read_bytes: nullableNumber.optional(),
  estimated_write_bytes: nullableNumber.optional(),
  /** KV from and to other servers; null where the server shows none. */
  kv_transfer: kvTransferDeltaSchema.nullable().default(null),
});

/** Null: beyond the server's buckets. */
const paddedSchema = z.object({
  input_tokens: z.int(),
  padded_input_tokens: nullableNumber,
  context_blocks: z.int().optional(),
  padded_context_blocks: nullableNumber.optional(),
  batch: z.int(),
  padded_batch: nullableNumber,
  kv_blocks: z.int(),
  padded_kv_blocks: nullableNumber,
});

/** One line of `cells.jsonl`: a finished cell. */
export const cellRecordSchema = z.object({
  schema_version: z.literal(RUN_SCHEMA_VERSION),
  /** Digest over target, shape, protocol and engine; a cell with the same key is the same measurement. */
  key: z.string(),
  target: z.string(),
  cell: cellShapeSchema,
  /** Null: an imported file that does not say it, as for `elapsed_s`. */
  started_at: z.string().nullable(),
  elapsed_s: nullableNumber,
  window: z
    .object({ opened_s: z.number(), closed_s: z.number(), residence_s: z.number(), stopped_by: z.string() })
    .nullable(),
  /** The stall as of a compilation after which warm-up and window began anew, and when it was found; absent: there was none. */
  restarted: z
    .object({ at_s: z.number(), where: z.string(), gap_ms: z.number(), times_usual: z.number() })
    .optional(),
  /** Why the load ended, also where it has no window; absent in older records. */
  stopped_by: z.string().optional(),
  metrics: cellMetricsSchema.nullable(),
  server: serverDeltaSchema.nullable(),
  verdict: z.enum(['valid', 'flagged', 'invalid']),
  reasons: z.array(reasonSchema),
  client: z
    .object({
      event_loop_delay_p50_ms: nullableNumber,
      event_loop_delay_p99_ms: nullableNumber,
      event_loop_delay_max_ms: nullableNumber,
      ttft_bound_p50_ms: nullableNumber,
      ttft_bound_p99_ms: nullableNumber,
      chunk_bound_p50_ms: nullableNumber,
      chunk_bound_p99_ms: nullableNumber,
      /** Share of the cell in which the client's thread that waited most had no core; absent in older records. */
      core_wait_share: nullableNumber.optional(),
      /** Of the time in which its cores had work, the share that a hypervisor gave to others (steal); absent in older records. */
      stolen_share: nullableNumber.optional(),
      /** What the client's sockets saw, all threads together; absent in older records and of pairs. */
      sockets: z
        .object({
          workers: z.int(),
          connections: z.int(),
          reads: z.int(),
          /** Reads that filled the whole buffer: more was waiting in the kernel, so the client was behind. */
          full_reads: z.int(),
          /** Most bytes of one thread that were stamped and not yet parsed. */
          unparsed_peak_bytes: z.int(),
        })
        .optional(),
    })
    .nullable(),
  /** Absent or null: no power was read. */
  energy: energySchema.nullable().optional(),
  counts: z.object({
    measured: z.int(),
    completed: z.int(),
    failed: z.int(),
    aborted: z.int(),
    fillers: z.int(),
  }),
  /** File with every request's timeline, relative to the run's folder. */
  requests_file: z.string().nullable(),
  /** True and padded sizes on a server with static shapes; absent where no buckets are known. */
  padded: paddedSchema.nullable().optional(),
  /** The engine's steps as its stamps show them, and the file with all of them; absent in records without stamps. */
  steps: stepsSummarySchema.nullable().optional(),
  steps_file: z.string().nullable().optional(),
  attempts: z.int(),
});

export type ServerDelta = z.infer<typeof serverDeltaSchema>;
export type CellRecord = z.infer<typeof cellRecordSchema>;
