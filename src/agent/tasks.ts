import { z } from 'zod';
import { arrivalsSchema, runTargetSchema } from '../run/schema.ts';
import { bucketsSchema } from '../suite/buckets.ts';
import { labPromptSchema } from '../suite/lab-prompts.ts';
import { powerSchema } from '../suite/power-schema.ts';
import { prefillSchema } from '../suite/prefill-schema.ts';
import { CELL_KINDS, protocolSchema, stopSchema, suiteSchema, targetSchema } from '../suite/schema.ts';
import { startedServerSchema } from '../suite/serve-schema.ts';

/** Where a target's watts come from, as the agent is to open it. Secrets travel only here. */
export const powerTaskSchema = powerSchema.pick({ source: true, url: true, file: true, path: true }).extend({
  authorization: z.string().nullable(),
  devices: z.array(z.string()).nullable(),
  /** Devices of the target, where the lab says it. */
  device_count: z.int().nullable(),
  required: z.boolean(),
});

/** The endpoint that an agent drives. The API key travels only here. */
export const agentTargetSchema = z.object({
  url: z.string(),
  model: z.string().nullable(),
  api_key: z.string().nullable(),
  /** Named in errors about the key. */
  api_key_env: z.string().nullable(),
  /** Where the prompts of disaggregated cells are computed; absent: it is no half of a pair. */
  prefill: prefillSchema.optional(),
  power: powerTaskSchema.nullable().optional(),
  /** Of the server that computes the prompts; absent: none is named. */
  prefill_power: powerTaskSchema.optional(),
  /** Absent: completions. */
  api: targetSchema.shape.api,
  /** The lab's own prompts; absent: it has none. */
  prompts: z.array(labPromptSchema).optional(),
});

/** A cell as the agent is asked to measure it. */
export const cellTaskSchema = z.object({
  kind: z.enum(CELL_KINDS),
  input_tokens: z.int(),
  /** Of every prompt, in the prefix cache; absent: none. */
  cached_input_tokens: z.int().optional(),
  /** Tokens of a KV block; absent: not known. */
  block_size: z.int().optional(),
  output_tokens: z.int(),
  /** Null: an open loop, see `arrivals`. */
  concurrency: z.int().nullable(),
  arrivals: arrivalsSchema.nullable(),
  /** The requests of a trace, where the arrivals replay one. */
  trace: z
    .object({
      at_s: z.array(z.number()),
      input_tokens: z.array(z.int()),
      output_tokens: z.array(z.int()),
    })
    .optional(),
  kv_fill: z.number().nullable(),
  seed: z.int(),
  max_length_tokens: z.int().nullable(),
  max_num_seqs: z.int().nullable(),
  /** Of the model card; prompts are drawn from it. */
  vocabulary_size: z.int().nullable(),
  /** The server sees this shape for the first time in this run. */
  first_of_shape: z.boolean(),
  protocol: protocolSchema,
  stop: stopSchema,
  objectives: suiteSchema.shape.objectives.unwrap().nullable(),
  thresholds: suiteSchema.shape.thresholds,
  /** Static shapes of the server; absent: none are known. */
  buckets: bucketsSchema.optional(),
  /** The model by its card, to compare with the server's own estimates; absent: no card is known. */
  counted: z
    .object({
      card: runTargetSchema.shape.model_card.unwrap(),
      tensor_parallel: z.int(),
      max_num_batched_tokens: z.int().nullable(),
    })
    .optional(),
  /** Whether kernels may be compiled at first use: a real device that sees this shape for the first time. */
  touch_first: z.boolean().optional(),
  /** Sizes of steps that it has not seen: prompts alone, and streams that decode together. */
  touch_sizes: z.object({ prompts: z.array(z.int().min(1)), batch: z.int().min(0) }).optional(),
  /** Of all devices together, W; null: not measured. */
  idle_power_w: z.number().nullable().optional(),
});

/** A server as the agent is asked to start it on its host. Secrets travel only here. */
export const serverTaskSchema = startedServerSchema
  .pick({ argv: true, env: true, ready_timeout_s: true, stop: true })
  .extend({
    secret_env: z.record(z.string(), z.string()),
    ready_url: z.string().nullable(),
    log: z.string().nullable(),
  });

export type PowerTask = z.infer<typeof powerTaskSchema>;
export type AgentTarget = z.infer<typeof agentTargetSchema>;
export type CellTask = z.infer<typeof cellTaskSchema>;
export type ServerTask = z.infer<typeof serverTaskSchema>;
