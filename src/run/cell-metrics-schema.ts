import { z } from 'zod';
import { decodeStepsSchema, disaggregatedSchema } from './leg-schema.ts';
import { statisticSchema } from './statistic-schema.ts';

const nullableNumber = z.number().nullable();

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

export type CellMetrics = z.infer<typeof cellMetricsSchema>;
