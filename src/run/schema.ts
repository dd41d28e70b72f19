import { z } from 'zod';
import type { Accelerator } from '../accelerator/accelerator.ts';
import type { ModelCard } from '../model/card.ts';
import { suiteSchema, targetSchema } from '../suite/schema.ts';
import { adaptiveSchema } from './adaptive-schema.ts';
import { hostCalibrationSchema } from './calibration-schema.ts';
import { RUN_SCHEMA_VERSION } from './cell-schema.ts';
import { powerFactsSchema } from './energy-schema.ts';
import { findMaxSchema } from './find-max-schema.ts';
import { drivingSchema, importedSchema } from './imported-schema.ts';
import { notStartedSchema, proposerSchema, restartSpreadSchema, servedSchema } from './served-schema.ts';

export * from './adaptive-schema.ts';
export * from './calibration-schema.ts';
export * from './cell-schema.ts';
export * from './find-max-schema.ts';
export * from './imported-schema.ts';
export { requestLineSchema } from './request-schema.ts';
export * from './served-schema.ts';

const nullableNumber = z.number().nullable();

/** Where an engine setting came from; a derived or default one is named in a warning. */
const settingSource = z.enum(['server', 'log', 'lab', 'derived', 'default', 'unknown']);
const setting = z.object({ value: nullableNumber, source: settingSource });

/** What an endpoint was seen to support. */
export const featuresSchema = z.object({
  token_id_prompts: z.boolean(),
  cache_salt: z.boolean(),
  continuous_usage: z.boolean(),
  return_token_ids: z.boolean(),
  metrics: z.boolean(),
});

/** The host of a target's agent. */
export const hostSchema = z.object({
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
  /** What `ridge calibrate` found there; absent in older records. */
  calibration: hostCalibrationSchema.optional(),
});

/** A target as it was identified when the run began, or as an imported file describes it. */
export const runTargetSchema = z.object({
  name: z.string(),
  /** Null: imported, there is no endpoint. */
  url: z.string().nullable(),
  /**
   * What the lab file or the command line said, so that a resumed run needs neither. API keys are named, never held.
   * Null: imported.
   */
  definition: targetSchema.nullable(),
  /** Argument list that starts the agent's host process; null: this machine. */
  agent: z.array(z.string()).nullable(),
  /** Catalogue entry or the lab's own, see `accelerator/accelerator.ts`; null when the lab names none. */
  accelerator: z.custom<Accelerator>((value) => typeof value === 'object').nullable(),
  devices: z.int(),
  tensor_parallel: z.int(),
  /** Ranks over which whole experts are spread; null: not said. */
  expert_parallel: z.int().nullable().default(null),
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
  /** Null: imported. */
  features: featuresSchema.nullable(),
  /** Where its watts come from; absent or null: none are read. */
  power: powerFactsSchema.nullable().optional(),
  /** What its power source made of the suite's stop rule and protocol, unless they ask for more; absent: none is read. */
  power_timing: z.object({ window_min_s: z.number(), warm_up_min_s: z.number() }).optional(),
  /** The agent's host; null: imported. */
  host: hostSchema.nullable(),
  /** How its cells were driven; null: by the protocol of the suite. */
  driving: drivingSchema.nullable().default(null),
  /** What a simulated endpoint says it is made of; null for a real one. Shown beside a fit, never used by it. */
  simulator: z
    .object({ parameters: z.record(z.string(), z.number()), effects: z.array(z.string()), seed: z.int() })
    .nullable(),
  /** Of a server that the run started: what its log says, and how long it took; absent for others. */
  served: servedSchema.optional(),
  /** Of the lab's own prompts; absent without any. */
  prompts_digest: z.string().optional(),
  /**
   * Batch sizes that CUDA graphs were captured for, as the server's own page or whoever imported its cells says; empty: none
   * were. Absent: neither says anything.
   */
  graph_sizes: z.array(z.int()).optional(),
  /**
   * Of an import whose servers were set up for each shape: a step takes the prompt, a token of every stream and so many more;
   * absent: `settings.max_num_batched_tokens` is all that is known.
   */
  budget_margin_tokens: z.int().optional(),
  /** Of an import whose rows do not say how many seats the servers had that were set up for each of them; absent: they do, or one server served all. */
  own_servers: z.literal(true).optional(),
  /** Prompts are computed whole, never in chunks, as whoever imported its cells says; absent: nobody says it. */
  whole_prompts: z.literal(true).optional(),
  /** How it proposes tokens, as its own page or its log says; absent: neither says that it does. */
  proposer: proposerSchema.extend({ source: z.enum(['server', 'log']) }).optional(),
  /** Of an import whose rows do not say how long prompts are: the task that shares a length; absent: they say it. */
  unknown_input_task: z.string().optional(),
  warnings: z.array(z.string()),
});

/** `run.json`: written when the run begins, and again whenever a server that it starts has told what it is. */
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
      /** Whether a vendor's tool that reads their power was put beside them; absent: it was not. */
      power: z.boolean().optional(),
      /** Whether they pad steps to static shapes, and when those were compiled; absent: they do not. */
      buckets: z.enum(['warm', 'cold']).optional(),
      /** Tokens that they propose for a sequence in a step, the share that is accepted, and the model that proposes; absent: none. */
      speculation: z
        .object({ draft_tokens: z.number(), acceptance: z.number(), draft: z.string().optional() })
        .optional(),
    })
    .nullable(),
  /** Until when it chose cells of the suite; absent: it measures all of them. */
  adaptive: adaptiveSchema.optional(),
  /** Which highest load it searches, see `find-max.json`; absent: none. */
  find_max: findMaxSchema.optional(),
  /** The file of other people's measurements that the cells come from; null: this run measured them. */
  imported: importedSchema.nullable().default(null),
  /** Targets whose servers the run starts and has not yet, so that a resumed run knows them. */
  not_started: z.array(notStartedSchema).optional(),
  /** How far anchors lie apart between restarts of a server, a target each; absent without restarts. */
  restart_spread: z.array(restartSpreadSchema).optional(),
  quantile_method: z.literal('linear'),
});

export type RunTarget = z.infer<typeof runTargetSchema>;
type Known<T, Key extends keyof T> = T & { [Name in Key]: NonNullable<T[Name]> };
/** A target that has an endpoint: one that a run measures. */
export type LiveTarget = Known<RunTarget, 'url' | 'definition' | 'features' | 'host'>;
export type Run = z.infer<typeof runSchema>;
