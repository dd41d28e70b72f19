import { z } from 'zod';

/** A number that cells are judged by: its default, and between which values a suite may set it. */
interface ThresholdRule {
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly what: string;
}

const share = (value: number, most: number, what: string): ThresholdRule => ({ value, least: 0, most, what });
const factor = (value: number, most: number, what: string): ThresholdRule => ({
  value,
  least: 1,
  most,
  what,
});

/**
 * Every number that a cell is judged by, under the code of its reason. The values suit a server that is measured alone; a
 * suite may set them, which is recorded with the run and shown with every fit of it.
 */
export const THRESHOLD_RULES = {
  token_count_mismatch_share: share(0.02, 0.2, 'tokens seen against the server’s counter, share'),
  token_count_mismatch_steps: factor(2, 100, 'tokens seen against the server’s counter, engine steps'),
  multi_token_chunks_single_share: share(
    0.99,
    1,
    'chunks of one token from which gaps are called ITL, share',
  ),
  little_law_share: share(0.05, 0.5, 'L against λW, share of L'),
  little_law_requests: share(2, 20, 'L against λW, requests over those in the window'),
  little_law_deviations: share(
    3,
    10,
    'L against λW of an open loop or of speculation, standard deviations of chance',
  ),
  concurrency_off_target_share: share(0.05, 0.5, 'requests in flight against the target, share'),
  // Server gauges move once an engine step and other clients show only above the target: a wide band, flagged only.
  concurrency_off_target_gauge_low_share: share(
    0.5,
    1,
    'least running + waiting by the server’s gauges, share',
  ),
  concurrency_off_target_gauge_high_share: factor(1.25, 10, 'most running + waiting by the gauges, share'),
  prefix_cache_hit_invalid_share: share(0.01, 1, 'prompt tokens in the prefix cache that invalidate, share'),
  kv_saturated_usage: share(0.95, 1, 'KV cache use that counts as full, share'),
  server_queue_running_share: share(0.98, 1, 'seats taken that count as all, share'),
  phase_locked_bins_per_residence: factor(8, 64, 'bins a residence in which sent requests are counted'),
  phase_locked_fewest_streams: factor(4, 1000, 'streams from which bursts are looked for'),
  phase_locked_variance_to_mean: factor(3, 100, 'variance of the bins as a multiple of their mean'),
  phase_locked_prefill_share: share(
    0.85,
    1,
    'prefill cells: variance over mean as a share of what all streams in one bin make',
  ),
  steps_unresolved_share: share(0.02, 0.2, 'steps seen against the server’s count, share'),
  steps_unresolved_edge_steps: share(2, 20, 'steps that may lie on the other side of a scrape'),
  schedule_lag_ms: share(10, 1000, 'open loop: p99 of sent - scheduled, ms'),
  schedule_lag_share: share(
    0.05,
    0.5,
    'open loop: p99 of sent - scheduled, share of TTFT where that is longer',
  ),
  rate_not_reached_share: share(0.98, 1, 'open loop: achieved rate against the asked one, share'),
  client_bound_ttft_share: share(0.05, 0.5, 'p99 bound of the client’s stamps, share of TTFT'),
  client_bound_tpot_share: share(
    0.01,
    0.2,
    'p99 bound of the client’s stamps, share of the time that TPOT is taken over',
  ),
  client_bound_event_rate_share: {
    value: 1,
    least: 0.1,
    most: 2,
    what: 'chunks a second against the rate that the host was calibrated for, share',
  },
  client_bound_tpot_fewest_tokens: factor(8, 1000, 'tokens after the first from which TPOT is judged'),
  compile_stall_gap_to_median: factor(10, 1000, 'a gap taken for a compilation, multiple of the median'),
  bucket_changed_share: share(0.01, 1, 'time of the window in another batch bucket, share'),
  window_short_decode_steps: factor(8, 1000, 'decode cells: steps in which all of a batch decodes'),
  kv_transfer_missing_share: share(0.9, 1, 'prompt tokens that came from the prefill server, least share'),
  kv_bandwidth_implausible_gb_per_s: {
    value: 1,
    least: 0,
    most: 10_000,
    what: 'least bandwidth of one rank in KV transfers, GB/s: TCP in place of RDMA is slower',
  },
  model_card_mismatch_share: share(0.1, 1, 'FLOPs or bytes by the server against the model card, share'),
  // The window closes on the requests that have ended; the ones still running may widen the interval.
  not_converged_slack: factor(1.5, 10, 'half-width with every request in it, multiple of the wanted one'),
  unsteady_p_value: share(0.01, 0.2, 'significance of a trend over the window'),
  // A slope must also matter: change over the window as a share of the mean.
  unsteady_change_share: share(0.1, 1, 'change of TTFT or TPOT over the window, share of the mean'),
  unsteady_in_flight_share: share(0.05, 1, 'change of the requests in flight, share of the mean'),
  unsteady_open_share: share(0.5, 2, 'change of TTFT, TPOT or in flight of an open loop, share of the mean'),
} as const satisfies Readonly<Record<string, ThresholdRule>>;

export type ThresholdKey = keyof typeof THRESHOLD_RULES;
/** The numbers that a cell is judged by. */
export type Thresholds = Readonly<Record<ThresholdKey, number>>;

const rules = Object.entries(THRESHOLD_RULES) as [ThresholdKey, ThresholdRule][];

export const DEFAULT_THRESHOLDS = Object.fromEntries(
  rules.map(([key, { value }]) => [key, value]),
) as Thresholds;

const overrideOf = ({ value, least, most, what }: ThresholdRule) =>
  z.number().min(least).max(most).optional().describe(`${what}; default ${value}.`);

/** `thresholds:` of a suite: the numbers that it sets. */
export const thresholdsSchema = z
  .strictObject(
    Object.fromEntries(rules.map(([key, rule]) => [key, overrideOf(rule)])) as Record<
      ThresholdKey,
      ReturnType<typeof overrideOf>
    >,
  )
  .describe('Numbers that cells are judged by, where they differ from the defaults: ridge --help verdicts.');
export type ThresholdOverrides = z.infer<typeof thresholdsSchema>;

/** The defaults with what a suite sets. */
export const thresholdsOf = (overrides: ThresholdOverrides | undefined): Thresholds => ({
  ...DEFAULT_THRESHOLDS,
  ...(overrides as Partial<Thresholds> | undefined),
});

/** A number that a suite set away from its default. */
export interface ChangedThreshold {
  readonly key: ThresholdKey;
  readonly value: number;
  readonly default: number;
}

export function changedThresholds(overrides: ThresholdOverrides | undefined): ChangedThreshold[] {
  const set = thresholdsOf(overrides);
  return rules.flatMap(([key, rule]) =>
    set[key] === rule.value ? [] : [{ key, value: set[key], default: rule.value }],
  );
}

/** What `ridge calibrate` holds a client and its host to. No suite changes it: a host is calibrated once for all suites. */
export const CALIBRATION_LIMITS = {
  stamp_error_p99_ms: {
    value: 5,
    what: 'p99 of the stamp error up to which an event rate counts as held, ms',
  },
  between_passes_share: {
    value: 0.5,
    what: 'two passes may differ by this share in TTFT bias and in p99 of the stamp error',
  },
  between_passes_ms: { value: 1, what: 'or by so much where that is more, ms' },
} as const;
