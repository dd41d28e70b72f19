import { z } from 'zod';
import type { Accelerator } from '../accelerator/accelerator.ts';
import { REASON_CODES } from '../measure/reasons.ts';
import type { RequestLine } from '../measure/timeline-codec.ts';
import type { ModelCard } from '../model/card.ts';
import { suiteSchema, targetSchema } from '../suite/schema.ts';

/** Major version of the run record; readers reject a newer one. */
export const RUN_SCHEMA_VERSION = 1;

const nullableNumber = z.number().nullable();

/** Mean, spread and percentiles of one metric over the requests of a cell. Percentiles below their sample floor are absent. */
export const statisticSchema = z.object({
  n: z.int(),
  mean: z.number(),
  standard_deviation: z.number(),
  /** Half-width of the 95 % interval of the mean. */
  half_width_95: nullableNumber,
  percentiles: z.array(z.object({ q: z.number(), value: z.number() })),
});

export const reasonSchema = z.object({
  code: z.enum(REASON_CODES),
  effect: z.enum(['invalid', 'flagged', 'note']),
  fit: z.enum(['exclude', 'use']),
  message: z.string(),
  value: nullableNumber,
  threshold: nullableNumber,
});

/** Metrics of a finished cell. Latencies are milliseconds, means over the requests sent inside the window. */
export const cellMetricsSchema = z.object({
  ttft_ms: statisticSchema.nullable(),
  tpot_ms: statisticSchema.nullable(),
  e2e_ms: statisticSchema.nullable(),
  /** Gaps between token-bearing chunks; equal to ITL where `single_token_chunks` is at least 0.99. */
  icl_ms: statisticSchema.nullable(),
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
  objectives: z.array(
    z.object({
      key: z.string(),
      limit_ms: z.number(),
      value_ms: nullableNumber,
      met: z.boolean().nullable(),
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
});

/** The shape of a cell: what distinguishes it on its target. */
export const cellShapeSchema = z.object({
  input_tokens: z.int(),
  output_tokens: z.int(),
  concurrency: z.int(),
  /** Set when the concurrency came from a KV fill share. */
  kv_fill: nullableNumber,
  repeat: z.int(),
  /** Null, or where in the run this repetition of an anchor cell stands. */
  anchor: z.enum(['start', 'end']).nullable(),
  hold_out: z.boolean(),
});

/** One line of `cells.jsonl`: a finished cell. */
export const cellRecordSchema = z.object({
  schema_version: z.literal(RUN_SCHEMA_VERSION),
  /** Digest over target, shape, protocol and engine; a cell with the same key is the same measurement. */
  key: z.string(),
  target: z.string(),
  cell: cellShapeSchema,
  started_at: z.string(),
  elapsed_s: z.number(),
  window: z
    .object({ opened_s: z.number(), closed_s: z.number(), residence_s: z.number(), stopped_by: z.string() })
    .nullable(),
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
    })
    .nullable(),
  counts: z.object({
    measured: z.int(),
    completed: z.int(),
    failed: z.int(),
    aborted: z.int(),
    fillers: z.int(),
  }),
  /** File with every request's timeline, relative to the run's folder. */
  requests_file: z.string().nullable(),
  attempts: z.int(),
});

export type Statistic = z.infer<typeof statisticSchema>;
export type CellMetrics = z.infer<typeof cellMetricsSchema>;
export type ServerDelta = z.infer<typeof serverDeltaSchema>;
export type CellShape = z.infer<typeof cellShapeSchema>;
export type CellRecord = z.infer<typeof cellRecordSchema>;

const whole = z.int();
const wholeOrNull = z.int().nullable();

/** One line of a file under `requests/`, see `measure/timeline-codec.ts`. */
export const requestLineSchema = z.object({
  sequence: whole,
  stream: whole,
  role: z.enum(['probe', 'load', 'filler']),
  input_tokens: whole,
  output_tokens: whole,
  scheduled_us: whole,
  sent_us: whole,
  first_byte_us: wholeOrNull,
  first_choices_us: wholeOrNull,
  ended_us: whole,
  chunk_steps_us: z.array(whole),
  chunk_tokens: z.union([whole, z.array(whole)]),
  chunk_bounds_us: z.array(whole),
  usage: z.object({ prompt_tokens: whole, completion_tokens: whole, cached_tokens: wholeOrNull }).nullable(),
  tokens_counted_by: z.enum(['server', 'chunks']),
  outcome: z.discriminatedUnion('state', [
    z.object({ state: z.literal('completed'), finish_reason: z.string() }),
    z.object({ state: z.literal('aborted') }),
    z.object({
      state: z.literal('failed'),
      kind: z.enum(['connection', 'http_status', 'stream_error', 'truncated', 'protocol', 'timeout']),
      message: z.string(),
      http_status: wholeOrNull,
    }),
  ]),
}) satisfies z.ZodType<RequestLine>;

/** Where an engine setting came from; a derived or default one is named in a warning. */
const settingSource = z.enum(['server', 'lab', 'derived', 'default', 'unknown']);
const setting = z.object({ value: nullableNumber, source: settingSource });

/** A target as it was identified when the run began. */
export const runTargetSchema = z.object({
  name: z.string(),
  url: z.string(),
  /** What the lab file or the command line said, so that a resumed run needs neither. API keys are named, never held. */
  definition: targetSchema,
  /** Argument list that starts the agent's host process; null: this machine. */
  agent: z.array(z.string()).nullable(),
  /** Catalogue entry or the lab's own, see `accelerator/accelerator.ts`; null when the lab names none. */
  accelerator: z.custom<Accelerator>((value) => typeof value === 'object').nullable(),
  devices: z.int(),
  tensor_parallel: z.int(),
  engine: z.object({ name: z.string(), version: z.string().nullable() }),
  model: z.object({ id: z.string(), root: z.string().nullable(), max_length_tokens: z.int().nullable() }),
  /** See `model/card.ts`; null when neither the lab, the server's host nor the built-in cards know the model. */
  model_card: z.custom<ModelCard>((value) => typeof value === 'object').nullable(),
  settings: z.object({
    max_num_batched_tokens: setting,
    max_num_seqs: setting,
    kv_capacity_tokens: setting,
    block_size: setting,
    kv_cache_dtype: z.string().nullable(),
    prefix_caching: z.boolean().nullable(),
  }),
  /** What the endpoint was seen to support. */
  features: z.object({
    token_id_prompts: z.boolean(),
    cache_salt: z.boolean(),
    continuous_usage: z.boolean(),
    return_token_ids: z.boolean(),
    metrics: z.boolean(),
  }),
  host: z.object({
    name: z.string(),
    platform: z.string(),
    cpu: z.string(),
    cores: z.int(),
    memory_bytes: z.number(),
    node_version: z.string(),
    agent_version: z.string(),
    /** Agent's clock minus the controller's, and how far off that can be (half the shortest round trip). */
    clock_offset_s: z.number(),
    clock_offset_bound_s: z.number(),
  }),
  /** What a simulated endpoint says it is made of; null for a real one. Shown beside a fit, never used by it. */
  simulator: z
    .object({ parameters: z.record(z.string(), z.number()), effects: z.array(z.string()), seed: z.int() })
    .nullable(),
  warnings: z.array(z.string()),
});

/** `run.json`: written once when the run begins. */
export const runSchema = z.object({
  schema_version: z.literal(RUN_SCHEMA_VERSION),
  id: z.string(),
  created_at: z.string(),
  tool: z.object({ name: z.literal('ridgepoint'), version: z.string() }),
  suite: z.object({ file: z.string(), digest: z.string(), content: suiteSchema }),
  targets: z.array(runTargetSchema),
  /** How the built-in simulated endpoints of this run were started; null when the targets are real. */
  simulate: z
    .object({
      accelerator: z.string(),
      model: z.string(),
      tensor_parallel: z.array(z.int()),
      seed: z.int(),
      time_scale: z.number(),
    })
    .nullable(),
  quantile_method: z.literal('linear'),
});

export type RunTarget = z.infer<typeof runTargetSchema>;
export type Run = z.infer<typeof runSchema>;
