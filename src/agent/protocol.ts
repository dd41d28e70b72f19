import { z } from 'zod';
import { idlePowerSchema, powerFactsSchema } from '../run/energy-schema.ts';
import {
  cellMetricsSchema,
  cellRecordSchema,
  featuresSchema,
  hostSchema,
  reasonSchema,
  runTargetSchema,
  serverDeltaSchema,
} from '../run/schema.ts';
import { agentTargetSchema, cellTaskSchema, serverTaskSchema } from './tasks.ts';

export type { AgentTarget, CellTask, PowerTask, ServerTask } from './tasks.ts';

/** Version of the messages between controller and agent: newline-delimited JSON over stdin and stdout. */
export const PROTOCOL_VERSION = 1;
/** An agent says that it is alive this often, whatever it does. */
export const HEARTBEAT_MS = 2_000;
/** Longer lines are noise. Request timelines go in batches well below it. */
export const LONGEST_LINE_CHARACTERS = 32 * 1024 * 1024;

const id = z.int().min(0);

/** What the endpoint says about itself; what it does not say is null or `unknown` and is filled from the lab's keys. */
export const identitySchema = runTargetSchema
  .pick({
    engine: true,
    model: true,
    settings: true,
    simulator: true,
    warnings: true,
    graph_sizes: true,
    proposer: true,
  })
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

export type Identity = z.infer<typeof identitySchema>;
export type CellResult = z.infer<typeof cellResultSchema>;
export type Command = z.infer<typeof commandSchema>;
export type Reply = z.infer<typeof replySchema>;
export type HostFacts = z.infer<typeof agentHostSchema>;

/** `1` of `1.4.2`; versions of one major version understand each other. */
export const majorOf = (version: string): string => version.split('.')[0] ?? version;
