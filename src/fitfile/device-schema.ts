import { z } from 'zod';
import { COORDINATES } from '../fit/family/coordinates.ts';
import { predictorSchema } from './learnt-schema.ts';

/** Version of the format of `device.json`. */
export const DEVICE_SCHEMA_VERSION = 1;
/** Accelerator of the file that tells of devices which nobody measured. */
export const ANY_DEVICE = 'any';

const number = z.number();
const coordinate = z.enum(COORDINATES as unknown as [string, ...string[]]);

const errorsSchema = z.object({ mape: number, bias: number, coverage_90: number }).nullable();

export const deviceServerSchema = z.object({
  engine: z.string().nullable().describe('Null: an engine that no published fit is of.'),
  kind: z.enum(['dense', 'experts']),
  centre: z
    .array(number)
    .describe(
      'By `coordinates`: natural logarithms of shares of the spec sheet peak, of seconds a layer (step and sequence overhead) and of seconds; wait edges in steps.',
    ),
  covariance: z.array(z.array(number)).describe('Of `centre`, spread between models included.'),
  degrees: z.int().describe("Degrees of freedom of Student's distribution that intervals are as wide as."),
});

/** What published fits say of models that were never measured on a device, or of a device that never was (`any`). */
export const deviceSchema = z.object({
  schema_version: z.literal(DEVICE_SCHEMA_VERSION),
  kind: z.literal('ridgepoint_device'),
  accelerator: z.string().describe('Id in the catalogue, or `any`.'),
  coordinates: z.array(coordinate),
  servers: z.array(deviceServerSchema).min(1),
  /** What models of servers miss beyond their parameters: the middle of the fits. */
  predictors: z.object({ scheduler: predictorSchema, closed_form: predictorSchema }),
  spreads: z
    .record(coordinate, z.record(z.string(), number))
    .describe('Standard deviations between servers by what they do not share.'),
  fits: z.array(z.object({ id: z.string(), digest: z.string() })),
  left_out: z
    .array(
      z.object({
        fit: z.string(),
        numbers: z.int(),
        tpot_ms: errorsSchema,
        ttft_ms: errorsSchema,
      }),
    )
    .describe(
      'Cells of each fit predicted without any fit of its model (of its device, in the file `any`), engine facts as its fit has them; percent.',
    ),
  /** SHA-256 of the canonical JSON of the file without this key. */
  digest: z.string(),
});

export type Device = z.infer<typeof deviceSchema>;
export type DeviceServer = z.infer<typeof deviceServerSchema>;
