/** How a reason changes the verdict of its cell. */
export type ReasonEffect = 'invalid' | 'flagged' | 'note';
/** What a fit does with a cell that has this reason. */
export type FitUse = 'exclude' | 'use';

/** One finding about a cell, by the names of the reference table; stored on disk. */
export interface Reason {
  readonly code: ReasonCode;
  readonly effect: ReasonEffect;
  readonly fit: FitUse;
  /** What was seen, in one short sentence with numbers and units. */
  readonly message: string;
  readonly value: number | null;
  readonly threshold: number | null;
}

export type Verdict = 'valid' | 'flagged' | 'invalid';

/** The codes judged so far. */
export const REASON_CODES = [
  'request_failed',
  'output_length_off',
  'input_length_off',
  'token_count_mismatch',
  'n_first_unknown',
  'multi_token_chunks',
  'little_law',
  'concurrency_off_target',
  'prefix_cache_hit',
  'preempted',
  'kv_saturated',
  'server_queue',
  'phase_locked',
  'steps_unresolved',
  'schedule_lag',
  'client_bound',
  'rate_not_reached',
  'kv_transfer_missing',
  'kv_bandwidth_implausible',
  'kv_transfer_failed',
  'compile_stall',
  'bucket_changed',
  'window_short',
  'unsteady',
  'few_samples',
  'not_converged',
  'throttled',
  'power_capped',
  'drift',
  'routing_sensitive',
  'environment_changed',
  'model_card_mismatch',
  'speculation_missing',
] as const;
export type ReasonCode = (typeof REASON_CODES)[number];
