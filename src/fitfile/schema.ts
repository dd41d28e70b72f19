import { z } from 'zod';
import type { Accelerator } from '../accelerator/accelerator.ts';
import { PREDICTORS } from '../fit/cell-model.ts';
import { METRIC_KEYS } from '../fit/predictive.ts';
import type { ModelCard } from '../model/card.ts';
import { GRADIENT_NAMES, PARAMETER_NAMES } from '../roofline/parameters.ts';
import { protocolSchema } from '../suite/schema.ts';
import { draftSectionSchema } from './draft-schema.ts';
import {
  bootstrapSchema,
  inferredSchema,
  predictorSchema,
  residualTableSchema,
  searchSchema,
  selectionSchema,
} from './learnt-schema.ts';
import { paddingQuestionsSchema, paddingSectionSchema } from './padding-schema.ts';
import { parameterSchema } from './parameter-schema.ts';
import { powerSectionSchema } from './power-schema.ts';
import { priorSectionSchema } from './prior-schema.ts';
import { leftOutSchema, residualSchema, sourceRunSchema, targetSchema } from './runs-schema.ts';
import { sourcesSchema } from './sources-schema.ts';
import { tailsSectionSchema } from './tails-schema.ts';
import { validationSchema } from './validation-schema.ts';

/** Version of the fit file's format; readers reject another major. */
export const FIT_SCHEMA_VERSION = '1.0.0';
/** Equations that the parameters belong to: the serial roofline and its closed-form serving model. */
export const MODEL_FORM = { id: 'serial_roofline', version: '1.0.0' } as const;

const number = z.number();
const nullableNumber = z.number().nullable();
const interval = z.tuple([number, number]);
const parameterName = z.enum(PARAMETER_NAMES as unknown as [string, ...string[]]);
/** Parameters, and costs of proposing tokens. */
const fittedName = z.enum(GRADIENT_NAMES as unknown as [string, ...string[]]);
const metricKey = z.enum(METRIC_KEYS);

const edgeSchema = z.object({ value: number, standard_error: number });

export const exampleSchema = z.object({
  predictor: z.enum(PREDICTORS),
  input_tokens: z.int(),
  output_tokens: z.int(),
  concurrency: z.int(),
  tensor_parallel: z.int(),
  turn_around_s: nullableNumber,
  output_jitter: interval.describe(
    'Output lengths are uniform between these shares of `output_tokens`; the closed form knows their mean only.',
  ),
  speculation: z
    .object({ draft_tokens: number, acceptance: number })
    .optional()
    .describe(
      'Tokens proposed in a step, and the share of them that is accepted; absent: none are proposed.',
    ),
  expected: z.record(metricKey, nullableNumber),
});

export const signatureSchema = z
  .object({
    algorithm: z.literal('ed25519'),
    public_key: z
      .string()
      .describe('Base64 of the DER form (SubjectPublicKeyInfo): the body of its PEM file.'),
    value: z.string().describe('Base64 of the signature over the ASCII text `ridgepoint fit ` + digest.'),
  })
  .describe('Whose key signed the digest.');

/** A fit file, digest included. Everything that a consumer needs to predict, and to judge the prediction. */
export const fitSchema = z.object({
  schema_version: z.string(),
  kind: z.literal('ridgepoint_fit'),
  id: z.string(),
  created_at: z.string(),
  tool: z.object({ name: z.literal('ridgepoint'), version: z.string() }),
  accelerator: z.custom<Accelerator>((value) => typeof value === 'object' && value !== null),
  peaks: z.object({ convention: z.literal('dense'), link: z.literal('one_direction') }),
  model_card: z.custom<ModelCard>((value) => typeof value === 'object' && value !== null),
  engine: z.object({ name: z.string(), version: z.string().nullable() }),
  targets: z.array(targetSchema).min(1),
  protocol: protocolSchema,
  client: z
    .object({ turn_around_s: nullableNumber })
    .describe(
      'Median time between a finished request and the next of its stream, which predictions assume: a request that arrives after the engine began a step waits for that step. Null: it is there before the next step begins.',
    ),
  runs: z.array(sourceRunSchema),
  model_form: z.object({ id: z.literal(MODEL_FORM.id), version: z.string(), pnorm_exponent: number }),
  parameters: z.record(parameterName, parameterSchema),
  /** How requests meet the engine's steps, in steps; part of the closed form. */
  serving_edges: z.object({ ttft_wait_steps: edgeSchema, decode_wait_steps: edgeSchema }),
  covariance: z
    .object({
      names: z.array(z.string()),
      matrix: z.array(z.array(number)),
      correlations: z.array(z.array(number)),
      condition: number,
    })
    .describe(
      "Of the natural logarithms of the parameters in `names`, of the serving edges in steps, and of the logarithms of the draft's costs.",
    ),
  degrees_of_freedom: number,
  /** Serving models over the same parameters: what each misses, and how wide its intervals are. */
  predictors: z.object({ scheduler: predictorSchema, closed_form: predictorSchema }),
  residual_table: residualTableSchema
    .nullable()
    .describe(
      'Measured over predicted TPOT by tensor parallel size and streams, which predictions are multiplied by (not `examples`); null unless shapes that the fit did not see are predicted better with it.',
    ),
  /** Engine facts that no run states, inferred from the cells. */
  inferred: z.array(inferredSchema),
  bootstrap: bootstrapSchema,
  search: searchSchema,
  selection: selectionSchema,
  confounded: z.array(z.object({ parameters: z.tuple([fittedName, fittedName]), correlation: number })),
  validation: validationSchema,
  range: z.object({
    input_tokens: interval,
    /** Of prompts, from the prefix cache; absent: no cell had any. */
    cached_input_tokens: interval.optional(),
    output_tokens: interval,
    concurrency: interval,
    tensor_parallel: z.array(z.int()).min(1),
  }),
  residuals: z.array(residualSchema),
  outliers: z.array(residualSchema),
  left_out: z.array(leftOutSchema),
  /** Reasons that stand on cells which the fit used, by target. */
  flagged: z.array(z.object({ code: z.string(), target: z.string(), cells: z.int() })),
  /** Absent: no cell's server speculated. */
  draft: draftSectionSchema.optional(),
  /** Absent or null: too few cells measured power. */
  power: powerSectionSchema.nullable().optional(),
  sources: sourcesSchema.optional(),
  padding: paddingSectionSchema.optional(),
  open_questions: paddingQuestionsSchema.optional(),
  prior: priorSectionSchema.optional(),
  tails: tailsSectionSchema.nullable().optional(),
  /** Whether any target was a simulated endpoint. */
  simulated: z.boolean(),
  examples: z.array(exampleSchema),
  provenance: z.object({ notes: z.array(z.string()) }),
  /** What its publisher says of it: where the data come from, under which terms. */
  published: z.object({ attribution: z.string() }).optional(),
  /** SHA-256 of the canonical JSON of the file without this key and without `signature`. */
  digest: z.string(),
  signature: signatureSchema.optional(),
});

export type Fit = z.infer<typeof fitSchema>;
export type { FitParameter } from './parameter-schema.ts';
export type FitSignature = z.infer<typeof signatureSchema>;
