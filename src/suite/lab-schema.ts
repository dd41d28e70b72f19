import { z } from 'zod';
import { bucketsSchema } from './buckets.ts';
import { oneOrMore } from './one-or-more.ts';
import { powerSchema } from './power-schema.ts';
import { prefillSchema } from './prefill-schema.ts';
import { serveSchema, startedServerSchema } from './serve-schema.ts';
import { hasUserInfo, USER_INFO } from './user-info.ts';

const argv = oneOrMore(z.string().min(1));

/** One endpoint under test. */
export const targetSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .describe("Base URL of the server as seen from the agent's host, without /v1."),
  prefill: prefillSchema
    .optional()
    .describe(
      'Makes the target one half of a pair: `url` streams the answers of disaggregated cells, and this says where their prompts are computed. Cells of other kinds are measured on `url` alone.',
    ),
  model: z.string().optional().describe('Served model id; default: the first that the server lists.'),
  accelerator: z.string().optional().describe('Catalogue id, or one defined in this lab file.'),
  devices: z.int().min(1).optional().describe('Devices behind this URL; default: tensor_parallel.'),
  tensor_parallel: z.int().min(1).optional(),
  api: z
    .enum(['completions', 'chat'])
    .optional()
    .describe(
      'Interface that carries the load; default completions. chat: prompts are text, and the tokens of its template count as input.',
    ),
  buckets: bucketsSchema
    .optional()
    .describe(
      'Static shapes that the server pads to, [batch, query tokens, KV blocks], the blocks of a prompt those that it finds in the cache; default: what its log says.',
    ),
  graph_sizes: z
    .array(z.int().min(1))
    .optional()
    .describe(
      'Batch sizes that the server captured CUDA graphs for, [] without any; default: what its log or its own page says.',
    ),
  prompts: z
    .string()
    .optional()
    .describe(
      'Path of prompts of your own, relative to this file: JSON lines {"text": "..."} or {"ids": [...]}.',
    ),
  model_config: z.string().optional().describe("Path of the model's config.json, relative to this file."),
  max_num_batched_tokens: z.int().min(1).optional(),
  max_num_seqs: z.int().min(1).optional(),
  kv_capacity_tokens: z.int().min(1).optional(),
  agent: argv
    .optional()
    .describe(
      'Argument list that starts a process on the host, for example [ssh, host]; default: this machine.',
    ),
  agent_command: argv.optional().describe('What is appended to `agent`; default: [ridge, agent].'),
  api_key_env: z.string().optional().describe("Name of the environment variable with the server's API key."),
  power: powerSchema.optional(),
  serve: startedServerSchema.optional(),
});

export const labAcceleratorSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  name: z.string(),
  vendor: z.string().optional(),
  bf16_dense_tflops: z.number().positive().optional(),
  fp8_dense_tflops: z.number().positive().optional(),
  fp4_dense_tflops: z.number().positive().optional(),
  memory_bytes: z.number().positive().optional(),
  memory_gb_per_s: z.number().positive().optional(),
  link_gb_per_s: z.number().positive().optional().describe('Scale-up link, one direction, per device.'),
  tdp_w: z.number().positive().optional(),
  source: z.string().optional(),
});

/** An endpoint as a person writes it; records of earlier runs are read as they are. */
export const givenTargetSchema = targetSchema.extend({
  url: targetSchema.shape.url.refine((url) => !hasUserInfo(url), USER_INFO),
  serve: serveSchema.optional().describe('The run starts the server itself, once for each variant.'),
});

/** A lab file: the targets, and accelerators that the catalogue does not know. */
export const labSchema = z.strictObject({
  $schema: z.string().optional(),
  schema_version: z.literal(1),
  accelerators: z.array(labAcceleratorSchema).optional(),
  targets: z.record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/), givenTargetSchema),
});

export type Lab = z.infer<typeof labSchema>;
export type Target = z.infer<typeof targetSchema>;
export type GivenTarget = z.infer<typeof givenTargetSchema>;
export type LabAccelerator = z.infer<typeof labAcceleratorSchema>;
