import { z } from 'zod';

/** Version of the format of `index.json`. */
export const INDEX_SCHEMA_VERSION = 1;

const interval = z.tuple([z.number(), z.number()]);
const errorsSchema = z
  .partialRecord(z.string(), z.number())
  .describe('Mean absolute error by metric, percent.');

export const indexEntrySchema = z.object({
  /** From the folder of the index, with slashes. */
  path: z.string(),
  id: z.string(),
  accelerator: z.string(),
  simulated: z.literal(true).optional().describe('Made from simulated endpoints; absent: from real devices.'),
  model: z.string(),
  precision: z.string(),
  engine: z.object({ name: z.string(), version: z.string().nullable() }),
  created_at: z.string(),
  digest: z.string(),
  /** Fingerprint of the key that signed it. */
  signed_by: z.string().nullable(),
  cells: z.int(),
  errors_percent: z.object({
    in_sample: errorsSchema,
    hold_out: errorsSchema.nullable(),
    unseen_shape: errorsSchema.optional(),
    unseen_tp: errorsSchema.optional(),
    unseen_load: errorsSchema.optional(),
  }),
  range: z.object({
    input_tokens: interval,
    output_tokens: interval,
    concurrency: interval,
    tensor_parallel: z.array(z.int()),
  }),
  attribution: z.string().nullable(),
});

/** `index.json` of a folder of published fits: one entry a fit, sorted by path. */
export const fitIndexSchema = z.object({
  schema_version: z.literal(INDEX_SCHEMA_VERSION),
  kind: z.literal('ridgepoint_fit_index'),
  fits: z.array(indexEntrySchema),
  devices: z
    .array(z.object({ path: z.string(), accelerator: z.string(), digest: z.string(), fits: z.int() }))
    .optional()
    .describe(
      'Files that tell of models without a fit, see `device.v1.schema.json`; absent: there are none.',
    ),
});

export type FitIndex = z.infer<typeof fitIndexSchema>;
export type IndexDevice = NonNullable<FitIndex['devices']>[number];
export type IndexEntry = z.infer<typeof indexEntrySchema>;
