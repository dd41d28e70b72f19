import { z } from 'zod';
import { idlePowerSchema, powerFactsSchema } from '../run/energy-schema.ts';
import {
  arrivalsSchema,
  cellMetricsSchema,
  cellRecordSchema,
  featuresSchema,
  hostSchema,
  reasonSchema,
  runTargetSchema,
  serverDeltaSchema,
} from '../run/schema.ts';
import { bucketsSchema } from '../suite/buckets.ts';
import { labPromptSchema } from '../suite/lab-prompts.ts';
import { powerSchema } from '../suite/power-schema.ts';
import { prefillSchema } from '../suite/prefill-schema.ts';
import { CELL_KINDS, protocolSchema, stopSchema, suiteSchema, targetSchema } from '../suite/schema.ts';
import { startedServerSchema } from '../suite/serve-schema.ts';

/** Version of the messages between controller and agent: newline-delimited JSON over stdin and stdout. */
export const PROTOCOL_VERSION = 1;
/** An agent says that it is alive this often, whatever it does. */
export const HEARTBEAT_MS = 2_000;
/** Longer lines are noise. Request timelines go in batches well below it. */
export const LONGEST_LINE_CHARACTERS = 32 * 1024 * 1024;

const id = z.int().min(0);

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
  /** Absent: completions. */
  api: targetSchema.shape.api,
  /** The lab's own prompts; absent: it has none. */
  prompts: z.array(labPromptSchema).optional(),
});

/** A cell as the agent is asked to measure it. */
export const cellTaskSchema = z.object({
  kind: z.enum(CELL_KINDS),
  input_tokens: z.int(),
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

/** What the endpoint says about itself; what it does not say is null or `unknown` and is filled from the lab's keys. */
export const identitySchema = runTargetSchema
  .pick({ engine: true, model: true, settings: true, simulator: true, warnings: true })
  .extend({
    features: featuresSchema,
    power: powerFactsSchema.nullable().optional(),
    /** The served root's config.json on the agent's host, if there is one. */
    model_config: z.unknown(),
    /** A simulated endpoint says what it simulates. */
    simulated: z
      .object({
        accelerator: z.string(),
        tensor_parallel: z.int(),
      })
      .nullable(),
  });

/** What a finished cell is, without the parts that only the controller knows. */
export const cellResultSchema = cellRecordSchema
  .pick({
    started_at: true,
    elapsed_s: true,
    window: true,
    verdict: true,
    client: true,
    counts: true,
    steps: true,
    energy: true,
    padded: true,
    restarted: true,
  })
  .extend({
    metrics: cellMetricsSchema.nullable(),
    server: serverDeltaSchema.nullable(),
    reasons: z.array(reasonSchema),
    stopped_by: z.string(),
    /** Raw counters at the edges of the cell and of its window. */
    snapshots: z.record(z.string(), z.unknown()),
  });

export const progressSchema = z.object({
  phase: z.enum(['probe', 'warm_up', 'window', 'drain', 'idle']),
  elapsed_s: z.number(),
  in_flight: z.int(),
  completed: z.int(),
  output_tokens_per_s: z.number().nullable(),
  ttft_ms: z.number().nullable(),
  tpot_ms: z.number().nullable(),
});

/** Controller to agent. */
export const commandSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), protocol: z.int(), version: z.string(), target: agentTargetSchema }),
  z.object({ type: z.literal('ping'), id }),
  z.object({ type: z.literal('identify'), id }),
  z.object({ type: z.literal('run_cell'), id, task: cellTaskSchema }),
  /** Starts the server that the target's URL names; it ends with the agent. */
  z.object({ type: z.literal('start_server'), id, task: serverTaskSchema }),
  /** Reads power while the server has nothing to do. */
  z.object({ type: z.literal('measure_idle'), id, seconds: z.number() }),
  z.object({ type: z.literal('cancel'), id }),
  z.object({ type: z.literal('shutdown') }),
]);

const agentHostSchema = hostSchema.omit({ clock_offset_s: true, clock_offset_bound_s: true });

/** Agent to controller. */
export const replySchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    protocol: z.int(),
    version: z.string(),
    host: agentHostSchema.nullable(),
  }),
  z.object({ type: z.literal('alive') }),
  z.object({ type: z.literal('pong'), id, wall_clock_s: z.number() }),
  z.object({ type: z.literal('identified'), id, identity: identitySchema }),
  z.object({ type: z.literal('progress'), id, progress: progressSchema }),
  /** JSON texts of `RequestLine`s; the controller stores them as they are. */
  z.object({ type: z.literal('requests'), id, lines: z.array(z.string()) }),
  /** A piece of the JSON text of `StepColumns`; the controller joins and stores them. */
  z.object({ type: z.literal('steps'), id, text: z.string() }),
  /** A piece of the JSON text of the power readings of a cell. */
  z.object({ type: z.literal('power'), id, text: z.string() }),
  z.object({ type: z.literal('cell_finished'), id, result: cellResultSchema }),
  z.object({ type: z.literal('idle_measured'), id, idle: idlePowerSchema }),
  z.object({ type: z.literal('server_ready'), id, ready_after_s: z.number() }),
  /** Lines that the server printed, at any time. */
  z.object({ type: z.literal('server_log'), text: z.string() }),
  /** It ended by itself; how, and its last words. */
  z.object({ type: z.literal('server_ended'), message: z.string() }),
  z.object({
    type: z.literal('failed'),
    id,
    message: z.string(),
    where: z.string().nullable(),
    mend: z.string().nullable(),
    exit_code: z.int(),
  }),
]);

export type PowerTask = z.infer<typeof powerTaskSchema>;
export type AgentTarget = z.infer<typeof agentTargetSchema>;
export type CellTask = z.infer<typeof cellTaskSchema>;
export type ServerTask = z.infer<typeof serverTaskSchema>;
export type Identity = z.infer<typeof identitySchema>;
export type CellResult = z.infer<typeof cellResultSchema>;
export type Command = z.infer<typeof commandSchema>;
export type Reply = z.infer<typeof replySchema>;
export type HostFacts = z.infer<typeof agentHostSchema>;

/** `1` of `1.4.2`; versions of one major version understand each other. */
export const majorOf = (version: string): string => version.split('.')[0] ?? version;
