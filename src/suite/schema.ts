import { z } from 'zod';
import { bucketsSchema } from './buckets.ts';
import { powerSchema } from './power-schema.ts';
import { prefillSchema } from './prefill-schema.ts';
import { serveSchema, startedServerSchema } from './serve-schema.ts';
import { thresholdsSchema } from './thresholds.ts';
import { hasUserInfo, USER_INFO } from './user-info.ts';

const tokens = z.int().min(1).max(10_000_000);
const oneOrMore = <T extends z.ZodType>(item: T) => z.array(item).min(1);

/** A latency limit. Keys name the metric and `mean` or a percentile, values are milliseconds. */
export const OBJECTIVE_KEYS = (['ttft', 'tpot', 'e2e'] as const).flatMap((metric) =>
  (['mean', 'p50', 'p90', 'p95', 'p99'] as const).map((statistic) => `${metric}_${statistic}_ms` as const),
);
export type ObjectiveKey = (typeof OBJECTIVE_KEYS)[number];

const objectives = z
  .partialRecord(z.enum(OBJECTIVE_KEYS as [ObjectiveKey, ...ObjectiveKey[]]), z.number().positive())
  .describe('Latency limits in milliseconds, for example ttft_p99_ms: 250 or tpot_mean_ms: 20.');

/**
 * What a cell measures. `load`: requests as users send them, prompts and answers mixed. `prefill`: one output token.
 * `decode`: a batch released together, only the steps in which all of it decodes. `disaggregated`: prompts on one server,
 * answers from another.
 */
export const CELL_KINDS = ['load', 'prefill', 'decode', 'disaggregated'] as const;
export type CellKind = (typeof CELL_KINDS)[number];

/** How requests of an open loop arrive: evenly, at random, or with gamma distributed gaps. */
export const ARRIVAL_PROCESSES = ['poisson', 'constant', 'gamma'] as const;
/** Each holds a socket; far from the ports that a host has. */
export const MOST_IN_FLIGHT = 8192;
/** A longer trace is cut by `max_requests`. */
export const MOST_TRACE_REQUESTS = 200_000;

/** An open loop whose arrivals are drawn, see `load/arrivals.ts`. */
const rateLoadSchema = z
  .strictObject({
    rate_per_s: oneOrMore(z.number().min(0.001).max(100_000)),
    arrivals: z.enum(ARRIVAL_PROCESSES).default('poisson'),
    burstiness: z.number().min(0.01).max(1000).optional(),
  })
  .refine(({ arrivals, burstiness }) => (arrivals === 'gamma') === (burstiness !== undefined), {
    message: 'burstiness goes with arrivals: gamma, and gamma needs it (1 is poisson, smaller is burstier)',
    path: ['burstiness'],
  });

export const loadSchema = z
  .union([
    z.strictObject({ concurrency: oneOrMore(z.int().min(1).max(100_000)) }),
    z.strictObject({ kv_fill: oneOrMore(z.number().min(0.05).max(4)) }),
    rateLoadSchema,
  ])
  .describe(
    'concurrency: streams in a closed loop. kv_fill: the concurrency that fills this share of the KV cache; 1 and more is a declared saturated cell. rate_per_s: an open loop, requests arrive at this rate whatever the server does (arrivals: poisson, constant, or gamma with its burstiness).',
  );

export const gridBlockSchema = z.strictObject({
  kind: z
    .enum(CELL_KINDS)
    .optional()
    .describe(
      'What the cells measure; default load. prefill: one output token. decode: a batch released together, only the steps in which all of it decodes. disaggregated: prompts on one server, answers from another (targets with `prefill`).',
    ),
  input: oneOrMore(tokens).describe('Input lengths in tokens.'),
  output: oneOrMore(tokens).describe('Output lengths in tokens.'),
  load: loadSchema,
  repeats: z.int().min(1).max(100).optional().describe('Repeats of these cells; overrides the suite.'),
  anchor: z
    .boolean()
    .default(false)
    .describe('Measured at the start and again at the end of the run: shows drift.'),
  hold_out: z.boolean().default(false).describe('Measured, but kept from the fit and predicted by it.'),
  tensor_parallel: oneOrMore(z.int().min(1))
    .optional()
    .describe('Measured on targets of these tensor parallel sizes alone; default: on all.'),
});

/** A block whose cells replay a file of arrivals. */
export const traceBlockSchema = gridBlockSchema
  .pick({ repeats: true, hold_out: true, tensor_parallel: true })
  .extend({
    load: z
      .strictObject({
        trace: z
          .string()
          .min(1)
          .describe('CSV file with columns timestamp, input_tokens, output_tokens; relative to this suite.'),
        speed: oneOrMore(z.number().min(0.001).max(1000))
          .default([1])
          .describe('How many times as fast as it was recorded; a cell each.'),
        max_requests: z
          .int()
          .min(2)
          .max(MOST_TRACE_REQUESTS)
          .optional()
          .describe('Only the first so many requests.'),
      })
      .describe(
        'An open loop that replays the arrivals of a file; every request has its own lengths. It ends with the file: the stop rule does not apply.',
      ),
  });

/** What prompts can be made of. */
export const PROMPT_KINDS = ['random_ids', 'text_ids', 'lab_text'] as const;

export const protocolSchema = z.strictObject({
  release: z.enum(['spread', 'burst']).default('spread').describe('How the streams of a closed loop start.'),
  output_jitter: z
    .tuple([z.number().min(0.01).max(2), z.number().min(0.01).max(2)])
    .refine(([low, high]) => low <= high, 'the low end is above the high end')
    .default([0.9, 1.1])
    .describe(
      'Output lengths are drawn uniformly between these multiples of the nominal length; [1, 1] is exact.',
    ),
  prompt: z
    .enum(PROMPT_KINDS)
    .optional()
    .describe(
      "What prompts are made of: random_ids, text_ids (ids of text in the public domain), or lab_text (the lab file's `prompts`). Default: random_ids, and text for mixtures of experts.",
    ),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .optional()
    .describe(
      'Default: 0, and 1 (with a seed) for mixtures of experts, whose routing greedy decoding bends.',
    ),
  seed: z.int().min(0).default(1),
  warm_up_max_s: z.number().positive().default(300),
  request_timeout_s: z
    .number()
    .positive()
    .default(600)
    .describe('A request that has not ended after so long has failed; covers the wait in the queue.'),
  max_in_flight: z
    .int()
    .min(1)
    .max(60_000)
    .optional()
    .describe(`An open loop with more requests in flight ends as overloaded; default ${MOST_IN_FLIGHT}.`),
  warm_up_min_s: z
    .number()
    .min(0)
    .optional()
    .describe(
      'The window opens so long after load onset at the earliest; default 0, or 2 where power is read.',
    ),
  stall_timeout_s: z
    .number()
    .positive()
    .default(60)
    .describe('A stream that sends nothing for so long after its first token has failed.'),
  client_workers: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Threads of the client that send and read, where one core is not enough (`client_bound`).'),
});

export const stopSchema = z.strictObject({
  confidence_half_width: z
    .number()
    .min(0.0005)
    .max(1)
    .default(0.02)
    .describe('Stop when the 95 % half-widths of mean TTFT and TPOT are below this share of the means.'),
  min_requests: z.int().min(1).default(16),
  max_requests: z.int().min(1).default(2000),
  min_s: z.number().min(0).default(5),
  max_s: z.number().positive().default(180),
  window_min_s: z
    .number()
    .min(0)
    .optional()
    .describe(
      'The window is no shorter, however many requests it has; default 0, or the 10 to 30 s that a power source needs.',
    ),
});

/** A suite file: what to measure and how. It names no host. */
export const suiteSchema = z.strictObject({
  $schema: z.string().optional(),
  schema_version: z.literal(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, 'use lower-case letters, digits, dots and dashes'),
  description: z.string().optional(),
  models: oneOrMore(z.string()).optional().describe('The target must serve one of these models.'),
  grid: oneOrMore(z.union([gridBlockSchema, traceBlockSchema])),
  repeats: z.int().min(1).max(100).default(1),
  restarts: z
    .int()
    .min(0)
    .max(20)
    .optional()
    .describe(
      'Restarts of servers that the run starts (serve in the lab file), each with the anchors again; default 0.',
    ),
  protocol: protocolSchema.prefault({}),
  stop: stopSchema.prefault({}),
  objectives: objectives.optional(),
  thresholds: thresholdsSchema.optional(),
  over_length: z
    .enum(['error', 'skip'])
    .default('error')
    .describe("What to do with cells longer than the target's maximum."),
});

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
      'Static shapes that the server pads to, [batch, query tokens, KV blocks]; default: what its log says.',
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

export type Suite = z.infer<typeof suiteSchema>;
export type GridBlock = z.infer<typeof gridBlockSchema>;
export type TraceBlock = z.infer<typeof traceBlockSchema>;
export type Protocol = z.infer<typeof protocolSchema>;
export type StopRule = z.infer<typeof stopSchema>;
export type Objectives = NonNullable<Suite['objectives']>;
export type Lab = z.infer<typeof labSchema>;
export type Target = z.infer<typeof targetSchema>;
export type GivenTarget = z.infer<typeof givenTargetSchema>;
export type LabAccelerator = z.infer<typeof labAcceleratorSchema>;
