import { z } from 'zod';

const count = z.int().min(0);
const milliseconds = z.number();

/** The highest rate that so many threads of the client hold. */
export const calibratedRateSchema = z.object({
  workers: z.int().min(1),
  /** Processes that sent. */
  servers: z.int().min(1),
  streams: z.int().min(1),
  /** Chunks a second that arrived while the p99 of the stamp error stayed inside the limit. */
  max_events_per_s: z.number().positive(),
  stamp_error_p99_ms: milliseconds,
  /** What ended the search: late stamps, a sender that could not send more (then the client holds more than this), or neither. */
  ended_by: z.enum(['client', 'server', 'most_streams']),
});

/** What `ridge calibrate` found out about the client on one host, by a server that knows when each token left. */
export const calibrationSchema = z.object({
  calibrated_at: z.string(),
  host: z.object({
    name: z.string(),
    cpu: z.string(),
    cores: z.int(),
    node_version: z.string(),
    ridge_version: z.string(),
  }),
  /** The load of the figures below: all streams get their token at the same instant. */
  load: z.object({ streams: count, period_ms: milliseconds, requests: count, events: count }),
  /** TTFT as the client sees it less what lay between the request's arrival at the server and its first token's departure. */
  ttft_bias: z.object({
    mean_ms: milliseconds,
    standard_deviation_ms: milliseconds,
    p99_ms: milliseconds,
  }),
  /** The client's stamp less the instant before the token was handed to the kernel. */
  stamp_error: z.object({ p50_ms: milliseconds, p99_ms: milliseconds, max_ms: milliseconds }),
  /** How far two passes lie apart. */
  between_passes: z.object({ ttft_bias_mean_ms: milliseconds, stamp_error_p99_ms: milliseconds }),
  /** Of the client's thread under that load, less the timer's own resolution; null: not known. */
  event_loop_delay: z
    .object({
      p50_ms: milliseconds,
      p99_ms: milliseconds,
      max_ms: milliseconds,
      core_wait_share: z.number().min(0).optional(),
      /** Of the time in which its cores had work, the share that a hypervisor gave to others. */
      stolen_share: z.number().min(0).optional(),
    })
    .nullable(),
  /** Of an idle client: the smallest step of its clock, and how much later than asked its timers fire. */
  timers: z.object({ clock_step_us: z.number(), late_p50_ms: milliseconds, late_p99_ms: milliseconds }),
  /** p99 of the stamp error up to which a rate counts as held. */
  stamp_error_limit_ms: milliseconds,
  /** By rising number of workers. */
  rates: z.array(calibratedRateSchema).min(1),
});

/** The file that a host keeps its calibrations in. */
export const calibrationFileSchema = z.object({
  schema_version: z.literal(1),
  calibrations: z.array(calibrationSchema),
});

/** Whether the client's host was calibrated, as it stood when the agent started. */
export const hostCalibrationSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('none') }),
  /** Of another processor, Node or Ridgepoint: not used. */
  z.object({ state: z.literal('stale'), calibrated_at: z.string().nullable(), why: z.string() }),
  calibrationSchema.extend({ state: z.literal('calibrated') }),
]);

export type CalibratedRate = z.infer<typeof calibratedRateSchema>;
export type Calibration = z.infer<typeof calibrationSchema>;
export type HostCalibration = z.infer<typeof hostCalibrationSchema>;
