import { z } from 'zod';
import type { Accelerator } from '../accelerator/accelerator.ts';
import { targetSchema } from '../suite/schema.ts';

const count = z.int().min(0).nullable();

/** How a server proposes tokens, as it says itself. */
export const proposerSchema = z.object({
  /** `ngram`, `eagle3`, `draft_model` ...; null: it does not say. */
  method: z.string().nullable(),
  /** The model that proposes; null: none does, or it does not say. */
  model: z.string().nullable(),
  /** Tokens that are proposed for a sequence in a step; null: it does not say. */
  draft_tokens: z.int().min(1).nullable(),
});

/** What a server's own log says about it; null where it says nothing. */
export const logFactsSchema = z.object({
  engine: z.string().nullable(),
  version: z.string().nullable(),
  dtype: z.string().nullable(),
  quantization: z.string().nullable(),
  kv_cache_dtype: z.string().nullable(),
  tensor_parallel: count,
  max_num_batched_tokens: count,
  max_num_seqs: count,
  kv_capacity_tokens: count,
  block_size: count,
  /** Gaudi: buckets that the server compiles for, [batch, query tokens, KV blocks]; null: it says nothing of buckets. */
  prompt_buckets: z.array(z.array(z.number())).nullable(),
  decode_buckets: z.array(z.array(z.number())).nullable(),
  /** Batch sizes that CUDA graphs are captured for; empty: none are. Null: it says nothing of graphs. */
  graph_sizes: z.array(z.int()).nullable().default(null),
  /** Null: it says nothing of speculative decoding, or has none. */
  proposer: proposerSchema.nullable().default(null),
  /** Gaudi: shapes outside the buckets that were compiled under load. */
  not_warmed_up: z.int().min(0),
});

/** A server that a run started. */
export const servedSchema = z.object({
  /** In the run's folder. */
  log_file: z.string(),
  /** From the start of its process to its first good answer. */
  ready_after_s: z.number(),
  starts: z.int().min(1),
  log: logFactsSchema,
});

export const notStartedSchema = z.object({
  name: z.string(),
  definition: targetSchema,
  accelerator: z.custom<Accelerator>((value) => typeof value === 'object').nullable(),
});

/** Between restarts: standard deviations of a metric's mean over the server's starts, relative, pooled over the anchors. */
const spread = z.object({
  /** As seen, in percent of the mean. */
  between_starts_percent: z.number(),
  /** The part of it that the finite number of requests explains. */
  sampling_percent: z.number(),
});

export const restartSpreadSchema = z.object({
  target: z.string(),
  /** Starts of the server with anchors, the first included. */
  starts: z.int().min(2),
  anchors: z.int().min(1),
  ttft: spread.nullable(),
  tpot: spread.nullable(),
  output_tokens_per_s: z.object({ between_starts_percent: z.number() }).nullable(),
});

export type Proposer = z.infer<typeof proposerSchema>;
export type LogFacts = z.infer<typeof logFactsSchema>;
export type Served = z.infer<typeof servedSchema>;
export type NotStarted = z.infer<typeof notStartedSchema>;
export type RestartSpread = z.infer<typeof restartSpreadSchema>;
