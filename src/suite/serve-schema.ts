import { z } from 'zod';

const oneOrMore = <T extends z.ZodType>(item: T) => z.array(item).min(1);
/** YAML reads `--port, 8000` as a number; a process gets text. */
const word = z.union([z.string().min(1), z.number()]);
const words = oneOrMore(word);
const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'not a name of an environment variable');
const environment = z
  .record(variableName, z.union([z.string(), z.number(), z.boolean()]))
  .describe('Environment of the server, beside what the agent has. Recorded: put secrets in env_from.');
const httpUrl = z.url({ protocol: /^https?$/ });

const stop = z
  .strictObject({
    signal: z.enum(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGKILL']).default('SIGTERM'),
    grace_s: z
      .number()
      .min(0)
      .max(600)
      .default(30)
      .describe('Seconds until what is left of the process group is killed.'),
  })
  .prefault({});

const restarts = z
  .int()
  .min(0)
  .max(20)
  .optional()
  .describe('Restarts after which the anchors are measured again; overrides the suite.');

/** What was asked of a server that a run starts, every placeholder filled in. The run record keeps it. */
export const startedServerSchema = z.strictObject({
  argv: oneOrMore(z.string().min(1)),
  env: z.record(variableName, z.string()),
  env_from: z.array(variableName),
  ready_url: httpUrl.optional(),
  ready_timeout_s: z.number().positive(),
  stop,
  log: z.string().min(1).optional(),
  restarts,
});

/** Facts of a target that a variant of its server may say otherwise. */
const variantSchema = z.strictObject({
  tensor_parallel: z.int().min(1).optional(),
  devices: z.int().min(1).optional(),
  dtype: z.string().min(1).optional().describe('Takes the place of {dtype}.'),
  flags: words.optional().describe('Appended to argv.'),
  env: environment.optional(),
  port: z.int().min(1).max(65_535).optional().describe('In the url; takes the place of {port}.'),
  url: httpUrl.optional(),
  model: z.string().optional(),
  model_config: z.string().optional(),
  max_num_batched_tokens: z.int().min(1).optional(),
  max_num_seqs: z.int().min(1).optional(),
  kv_capacity_tokens: z.int().min(1).optional(),
});

/** `serve:` of a target in a lab file: how its server is started, once for each variant. */
export const serveSchema = z.strictObject({
  argv: words.describe(
    'Argument list that starts the server on the agent host; {tensor_parallel}, {dtype}, {port} and {name} are filled in. No shell.',
  ),
  env: environment.optional(),
  env_from: z
    .array(variableName)
    .optional()
    .describe("Names of variables of this machine's environment that the server gets; values are not kept."),
  ready_url: httpUrl
    .optional()
    .describe('Answers 200 when the server is ready; default: /health, then /v1/models of the url.'),
  ready_timeout_s: z
    .number()
    .positive()
    .max(86_400)
    .default(1800)
    .describe('A server that is not ready by then is stopped, and its cells are left out.'),
  stop,
  log: z.string().min(1).optional().describe('File on the agent host that also gets what the server prints.'),
  restarts,
  variants: z
    .record(
      z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'use letters, digits, dots and dashes'),
      variantSchema,
    )
    .refine((variants) => Object.keys(variants).length > 0, 'name at least one variant')
    .optional()
    .describe('Servers that run one after another, each a target TARGET-VARIANT of its own.'),
});

export type StartedServer = z.infer<typeof startedServerSchema>;
export type Serve = z.infer<typeof serveSchema>;
export type ServeVariant = z.infer<typeof variantSchema>;
