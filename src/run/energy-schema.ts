import { z } from 'zod';
import { ENERGY_CODES, type EnergyCode } from '../power/energy-codes.ts';

/** Version of the energy block: what joules per token mean never changes without it. */
export const ENERGY_SCHEMA_VERSION = 1;

const nullableNumber = z.number().nullable();
const CODES = Object.keys(ENERGY_CODES) as [EnergyCode, ...EnergyCode[]];

/** Where watts come from. Figures of different scopes are not comparable. */
export const powerFactsSchema = z.object({
  source: z.string(),
  version: z.string().nullable(),
  scope: z.enum(['device', 'module', 'socket', 'gcd_pair', 'package', 'node']),
  averaging: z.enum(['instant', '1s', 'counter', 'unknown']),
  interval_s: z.number(),
  resolution_w: nullableNumber,
  has_counter: z.boolean(),
  counter_range_j: nullableNumber,
  devices: z.array(z.string()),
  /** Of the other host whose clock stamped the readings; null: not known, absent: they were stamped on arrival. */
  clock_offset_bound_s: nullableNumber.optional(),
  /** Power limit in force of each device when the source was asked; absent: the tool does not say. */
  limits_w: z.array(nullableNumber).optional(),
  /** Application clocks that each device is set to, of its cores and of its memory; absent: the tool does not say. */
  application_clocks_mhz: z.array(nullableNumber).optional(),
  application_memory_clocks_mhz: z.array(nullableNumber).optional(),
});

/** Power with the engine loaded and no request. */
export const idlePowerSchema = z.object({
  /** Of all devices of the target together; null with the reason why. */
  power_w: nullableNumber,
  seconds: z.number(),
  message: z.string().nullable(),
  /** Of a pair's prefill server; absent: it is not read. */
  prefill_power_w: nullableNumber.optional(),
});

/** Joules of a cell, all devices of the target together. `above_idle` leaves out what they draw without a request. */
const jouleSchema = z.object({ gross: z.number(), above_idle: nullableNumber });

/** One server of a pair. */
const halfSchema = z.object({
  role: z.enum(['prefill', 'decode']),
  source: powerFactsSchema,
  energy_j: nullableNumber,
  taken_from: z.enum(['counter', 'integral']).nullable(),
  power_w: nullableNumber,
  idle_power_w: nullableNumber,
  /** An input token of the prefill server, an output token of the one that answers. */
  joules_per_token: jouleSchema.nullable(),
});

/** Energy over exactly the steady window of a cell. */
export const energySchema = z.object({
  schema_version: z.literal(ENERGY_SCHEMA_VERSION),
  source: powerFactsSchema,
  /** Null where a reason rejects the energy, as are all the figures that follow from it. */
  energy_j: nullableNumber,
  taken_from: z.enum(['counter', 'integral']).nullable(),
  counter_disagreement_percent: nullableNumber,
  /** Mean over the window, all devices together. */
  power_w: nullableNumber,
  /** Of all devices together, engine loaded and no request, measured before the first cell. */
  idle_power_w: nullableNumber,
  joules_per_output_token: jouleSchema.nullable(),
  joules_per_total_token: jouleSchema.nullable(),
  joules_per_request: jouleSchema.nullable(),
  devices: z.array(
    z.object({
      device: z.string(),
      power_w: nullableNumber,
      samples: z.int(),
      longest_gap_s: nullableNumber,
      mean_clock_mhz: nullableNumber,
      temperature_first_c: nullableNumber,
      temperature_last_c: nullableNumber,
    }),
  ),
  reasons: z.array(
    z.object({
      code: z.enum(CODES),
      effect: z.enum(['reject', 'flag', 'warn', 'note', 'counter_unusable']),
      message: z.string(),
    }),
  ),
  /** The servers of a pair, which the figures above are the sum of; one that is missing leaves no sum. Absent: one server. */
  halves: z.array(halfSchema).optional(),
  /** File with the raw readings, relative to the run's folder. */
  power_file: z.string().nullable(),
});

export type IdlePower = z.infer<typeof idlePowerSchema>;
export type Energy = z.infer<typeof energySchema>;
