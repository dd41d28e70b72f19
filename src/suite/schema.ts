import { z } from 'zod';
import { gridBlockSchema, traceBlockSchema } from './grid-schema.ts';
import { oneOrMore } from './one-or-more.ts';
import { protocolSchema, stopSchema } from './protocol-schema.ts';
import { thresholdsSchema } from './thresholds.ts';

export * from './grid-schema.ts';
export * from './lab-schema.ts';
export * from './protocol-schema.ts';

/**
 * A latency limit. Keys name the metric and `mean` or a percentile, values are milliseconds. TBT is the time between tokens, over
 * all gaps of all requests.
 */
export const OBJECTIVE_KEYS = (['ttft', 'tpot', 'e2e', 'tbt'] as const).flatMap((metric) =>
  (['mean', 'p50', 'p90', 'p95', 'p99'] as const).map((statistic) => `${metric}_${statistic}_ms` as const),
);
export type ObjectiveKey = (typeof OBJECTIVE_KEYS)[number];

const objectives = z
  .partialRecord(z.enum(OBJECTIVE_KEYS as [ObjectiveKey, ...ObjectiveKey[]]), z.number().positive())
  .describe(
    'Latency limits in milliseconds, for example ttft_p99_ms: 250, tpot_mean_ms: 20 or tbt_p99_ms: 50 (time between tokens).',
  );

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

export type Suite = z.infer<typeof suiteSchema>;
export type Objectives = NonNullable<Suite['objectives']>;
