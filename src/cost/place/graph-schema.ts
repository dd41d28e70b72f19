import { z } from 'zod';
import { OBJECTIVE_KEYS, type ObjectiveKey } from '../../suite/schema.ts';

const positive = z.number().positive();
const notNegative = z.number().min(0);
const whole = z.int().min(1);
const notNegativeWhole = z.int().min(0);
const oneOrMore = z.union([whole, z.array(whole).min(1)]);

const optionSchema = z
  .strictObject({
    on: z.string().min(1).describe('Place where it runs: moving data costs between places only.'),
    time_ms: notNegative.optional().describe('Of one request, given; or fit, or spec.'),
    usd: notNegative.optional().describe("Of one request; default: its device time at the place's price."),
    devices: positive.optional().describe('With time_ms: devices that it keeps busy; default 1.'),
    fit: z.string().optional().describe('Fit file, relative to this file: its times for the stage.'),
    carry: z.string().optional().describe('With fit: the accelerator that the fit is scaled to.'),
    spec: z
      .string()
      .optional()
      .describe('Accelerator without a fit of the model: what a device file expects of it.'),
    model: z.string().optional().describe('With spec: the model (llama-3.1-70b-fp8).'),
    tp: oneOrMore.optional().describe('Tensor parallel sizes; default: those of the fit.'),
    batch: oneOrMore.optional().describe('Requests computed together; default: 1, 2, 4 and so on.'),
  })
  .refine(
    (one) => [one.time_ms, one.fit, one.spec].filter((each) => each !== undefined).length === 1,
    'give one of time_ms, fit and spec',
  )
  .refine((one) => one.carry === undefined || one.fit !== undefined, 'carry needs a fit')
  .refine((one) => (one.spec === undefined) === (one.model === undefined), 'spec and model go together')
  .refine((one) => one.tp === undefined || one.time_ms === undefined, 'tp goes with fit or spec')
  .refine((one) => one.devices === undefined || one.time_ms !== undefined, 'devices goes with time_ms');

const afterSchema = z
  .strictObject({
    stage: z.string().min(1),
    megabytes: notNegative.optional().describe('Moved for each request, 1e6 bytes.'),
    kv_cache: z.literal(true).optional().describe("The KV cache of that stage's prompt is moved."),
  })
  .refine((one) => one.megabytes === undefined || one.kv_cache === undefined, 'give megabytes or kv_cache');

type TokenKey = Extract<ObjectiveKey, `tpot_${string}` | `tbt_${string}`>;
const TOKEN_KEYS = OBJECTIVE_KEYS.filter((key): key is TokenKey => /^(tpot|tbt)_/.test(key));

const stageSchema = z
  .strictObject({
    after: z
      .array(z.union([z.string().min(1), afterSchema]))
      .default([])
      .describe('What it waits for.'),
    phase: z.enum(['prefill', 'decode']).optional().describe('Of a model; none: any other step.'),
    input: whole.optional().describe('Prompt tokens.'),
    output: whole.optional().describe('Output tokens.'),
    cached_input: notNegativeWhole
      .optional()
      .describe('Prompt tokens in the prefix cache: the same first ones of every prompt.'),
    speculation: z
      .strictObject({
        draft_tokens: whole.describe('Proposed for a sequence in a step.'),
        acceptance: notNegative.max(1).describe('Share of them that is accepted.'),
        draft: z
          .string()
          .optional()
          .describe('Built-in model that proposes them; default: the one whose cost the fit measured.'),
      })
      .optional()
      .describe('Of a decode stage: speculative decoding.'),
    objectives: z
      .partialRecord(z.enum(TOKEN_KEYS as [TokenKey, ...TokenKey[]]), positive)
      .optional()
      .describe('Of decode: limits between tokens (tbt_p99_ms: 20); what misses one is left out.'),
    options: z.array(optionSchema).min(1),
  })
  .refine((one) => one.phase === undefined || one.input !== undefined, 'a phase needs input')
  .refine((one) => one.phase !== 'decode' || one.output !== undefined, 'decode needs output')
  .refine(
    ({ cached_input = 0, input }) => cached_input === 0 || (input !== undefined && cached_input < input),
    'cached_input must be below input',
  )
  .refine((one) => one.speculation === undefined || one.phase === 'decode', 'speculation needs phase: decode')
  .refine(
    ({ phase, objectives, options }) =>
      objectives === undefined ||
      (phase === 'decode' && options.every(({ time_ms }) => time_ms === undefined)),
    'objectives need phase: decode, and fit or spec in every option',
  )
  .refine(
    ({ phase, options }) =>
      phase !== undefined || options.every(({ fit, spec }) => (fit ?? spec) === undefined),
    'fit and spec need a phase: prefill or decode',
  );

const placeSchema = z.strictObject({
  usd_per_h: notNegative.optional().describe('Of one device; default: that of the cost basis.'),
  devices: positive.optional().describe('Most devices that may be busy; needs requests_per_s.'),
  utilisation: positive.max(1).default(1).describe('Share of the hours in which a device computes.'),
});

const linkSchema = z.strictObject({
  from: z.string().min(1).describe("A place, or '*' for any."),
  to: z.string().min(1),
  time_ms: notNegative.default(0).describe('Of each move.'),
  gb_per_s: positive.optional().describe('1e9 bytes a second, one direction; default: no time for bytes.'),
  usd: notNegative.default(0).describe('Of each move.'),
  usd_per_gb: notNegative.default(0),
});

/** What `ridge place` reads: stages of a request, where each can run, and what moving data between places takes. */
export const graphSchema = z
  .strictObject({
    limit_ms: positive.optional().describe('From end to end; none: the cheapest plan.'),
    penalty_usd_per_s: positive.optional().describe('Paid beyond the limit, which is then a soft one.'),
    requests_per_s: positive.optional(),
    places: z.record(z.string(), placeSchema).default({}),
    links: z.array(linkSchema).default([]).describe('The first that fits counts; none: not connected.'),
    stages: z.record(z.string(), stageSchema),
  })
  .refine(({ stages }) => Object.keys(stages).length > 0, 'name at least one stage')
  .refine(
    ({ penalty_usd_per_s, limit_ms }) => penalty_usd_per_s === undefined || limit_ms !== undefined,
    'penalty_usd_per_s needs limit_ms',
  )
  .refine(
    ({ places, requests_per_s }) =>
      requests_per_s !== undefined || Object.values(places).every(({ devices }) => devices === undefined),
    'devices of a place need requests_per_s',
  );

export type Graph = z.infer<typeof graphSchema>;
export type GraphStage = Graph['stages'][string];
export type GraphOption = GraphStage['options'][number];
