import { z } from 'zod';
import { BURST_ORDERS, type Driving } from '../roofline/driving.ts';

const shares = z.tuple([z.number().positive(), z.number().positive()]);

/** How the cells of a target were driven, see `roofline/driving.ts`. */
export const drivingSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('steady'),
    input_spread: shares.optional(),
    input_lengths: z.int().min(2).optional(),
    output_jitter: shares,
  }),
  z.object({
    kind: z.literal('burst'),
    requests_per_stream: z.number().positive(),
    most_requests: z.int().positive().optional(),
    input_jitter: shares,
    output_jitter: shares,
    statistic: z.enum(['mean', 'median']),
    order: z.enum(BURST_ORDERS).optional(),
  }),
  z.object({ kind: z.literal('batch') }),
]) satisfies z.ZodType<Driving>;

export const IMPORT_FORMATS = ['inferencex', 'aiconfigurator', 'csv'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

/** Where the cells of an imported run came from, and what became of every row of that file. */
export const importedSchema = z.object({
  format: z.enum(IMPORT_FORMATS),
  /** Name of the file, without its folder. */
  file: z.string(),
  /** `sha256:` and the hex digest of the file's bytes. */
  digest: z.string(),
  /** Whose measurements these are, as their licence asks it to be said. */
  attribution: z.string().nullable(),
  /** The conditions by which rows were chosen, as `key=value`. */
  where: z.array(z.string()),
  /** `read` are all rows, `selected` those that meet `where`, `kept` those that became cells. */
  rows: z.object({ read: z.int(), selected: z.int(), kept: z.int() }),
  bad_rows: z.array(z.object({ line: z.int(), problem: z.string() })),
  /** Rows that a cleaning rule took out, by rule. */
  removed: z.array(z.object({ rule: z.string(), why: z.string(), rows: z.int(), lines: z.array(z.int()) })),
});

export type Imported = z.infer<typeof importedSchema>;
