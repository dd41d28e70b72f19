import { z } from 'zod';
import { REASON_CODES } from '../measure/reasons.ts';
import { CELL_KINDS, PROMPT_KINDS } from '../suite/schema.ts';
import { energySchema } from './energy-schema.ts';
import { decodeStepsSchema, disaggregatedSchema, kvTransferDeltaSchema } from './leg-schema.ts';
import { statisticSchema } from './statistic-schema.ts';
import { stepsSummarySchema } from './steps-schema.ts';

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

/** How late requests of an open loop were sent, ms. Limits, so no sample floor applies. */
export const scheduleDelaySchema = z.object({ p50: z.number(), p99: z.number(), max: z.number() });

/** Metrics of a finished cell. Latencies are milliseconds, means over the requests sent inside the window. */
export const cellMetricsSchema = z.object({
  ttft_ms: statisticSchema.nullable(),
  tpot_ms: statisticSchema.nullable(),
  e2e_ms: statisticSchema.nullable(),
  /** Gaps between token-bearing chunks; equal to ITL where `single_token_chunks` is at least 0.99. */
  icl_ms: statisticSchema.nullable(),
  /** Open loop: the same from when the request was due, which a late client cannot hide. Absent of a closed one, as the next three. */
  ttft_sched_ms: statisticSchema.nullable().optional(),
  e2e_sched_ms: statisticSchema.nullable().optional(),
  schedule_delay_ms: scheduleDelaySchema.nullable().optional(),
  /** Requests that were due inside the window / its length; `requests_per_s` are those that were sent. */
  scheduled_requests_per_s: nullableNumber.optional(),
  single_token_chunks: nullableNumber,
  ttft_vllm_ms: statisticSchema.nullable(),
  tpot_vllm_ms: statisticSchema.nullable(),
  output_tokens_per_s: nullableNumber,
  input_tokens_per_s: nullableNumber,
  requests_per_s: nullableNumber,
  whole_run_output_tokens_per_s: nullableNumber,
  mean_concurrency: nullableNumber,
  mean_output_tokens: nullableNumber,
  /** Client's own time between a finished request and the next one of that stream, ms. */
  turn_around_ms: nullableNumber,
  goodput_requests_per_s: nullableNumber,
  /** Cells of kind `decode`: what TPOT, ICL and output tokens per second are taken over; null for other kinds. */
  decode: decodeStepsSchema.nullable().default(null),
  /** Cells of kind `disaggregated`; null for other kinds. */
  disaggregated: disaggregatedSchema.nullable().default(null),
  objectives: z.array(
    z.object({
      key: z.string(),
      limit_ms: z.number(),
      value_ms: nullableNumber,
      met: z.boolean().nullable(),
      /** 95 % interval of the value; an end is null where the sample does not reach it. Absent in older records. */
      interval_95_ms: z.tuple([nullableNumber, nullableNumber]).nullable().optional(),
    }),
  ),
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

/** Null: beyond the server's buckets. */
const paddedSchema = z.object({
  input_tokens: z.int(),
  padded_input_tokens: nullableNumber,
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
      /** Share of the cell in which the client could have run and had no core; absent in older records. */
      core_wait_share: nullableNumber.optional(),
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

export type CellMetrics = z.infer<typeof cellMetricsSchema>;
export type ServerDelta = z.infer<typeof serverDeltaSchema>;
export type Arrivals = z.infer<typeof arrivalsSchema>;
export type CellShape = z.infer<typeof cellShapeSchema>;
export type CellRecord = z.infer<typeof cellRecordSchema>;
