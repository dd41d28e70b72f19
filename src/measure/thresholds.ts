import { DEFAULT_THRESHOLDS } from '../suite/thresholds.ts';
import type { ReasonCode } from './reasons.ts';

export interface VerdictRow {
  readonly gate: string;
  readonly effect: string;
  readonly fit: string;
}

const percent = (share: number): string => `${100 * share} %`;
const t = DEFAULT_THRESHOLDS;

/** What each reason code means, what it does to the verdict of its cell, and whether a fit uses such a cell. */
export const VERDICT_TABLE: Readonly<Record<ReasonCode, VerdictRow>> = {
  request_failed: {
    gate: 'a request failed in or after the window: HTTP error, error inside a 200, truncated stream, timeout',
    effect: 'invalid',
    fit: 'exclude',
  },
  output_length_off: {
    gate: 'a measured request got another number of output tokens than it asked for',
    effect: 'invalid',
    fit: 'exclude',
  },
  input_length_off: {
    gate: 'the server counted another number of prompt tokens than was sent',
    effect: 'invalid',
    fit: 'exclude',
  },
  token_count_mismatch: {
    gate: `tokens seen by the client differ from the server's counter over the window by more than ${percent(t.token_count_mismatch_share)} and ${t.token_count_mismatch_steps} engine steps beyond what arrived while it was read, over the cell by more than one step for each aborted request, or a stream differs from its own usage`,
    effect: 'invalid',
    fit: 'exclude',
  },
  n_first_unknown: {
    gate: 'the server does not count tokens by chunk: the first chunk is assumed to hold one',
    effect: 'flagged',
    fit: 'use',
  },
  multi_token_chunks: {
    gate: `under ${percent(t.multi_token_chunks_single_share)} of the chunks carry one token: gaps are ICL, not ITL`,
    effect: 'note',
    fit: 'use',
  },
  little_law: {
    gate: `mean in-flight L and λW differ by max(${percent(t.little_law_share)}, ${t.little_law_requests}/n) or more of L; in an open loop, and where the server speculates, also by more than the window's edges can cut by chance`,
    effect: 'invalid',
    fit: 'exclude its means',
  },
  concurrency_off_target: {
    gate: `time-weighted in-flight requests outside the target ± ${percent(t.concurrency_off_target_share)}; the server's running + waiting far from the target only flags`,
    effect: 'invalid (flagged by gauges)',
    fit: 'exclude its means (use)',
  },
  prefix_cache_hit: {
    gate: `prompt tokens were found in the prefix cache: flagged, from ${percent(t.prefix_cache_hit_invalid_share)} on invalid; of cells with cached prompts: a share that is that far from what was cached invalidates, a server that does not say it flags`,
    effect: 'flagged or invalid',
    fit: 'exclude',
  },
  preempted: {
    gate: 'the server preempted requests in the window',
    effect: 'invalid; flagged when declared saturated',
    fit: 'exclude; use when declared',
  },
  kv_saturated: {
    gate: `KV cache use of ${percent(t.kv_saturated_usage)} or more in the window, or a load declared by kv_fill of 1 or more`,
    effect: 'flagged',
    fit: 'use',
  },
  server_queue: {
    gate: `requests waited while every seat was taken or KV use was ${percent(t.kv_saturated_usage)} or more`,
    effect: 'flagged',
    fit: 'use',
  },
  phase_locked: {
    gate: `${t.phase_locked_fewest_streams} streams or more of a closed loop send in bursts: requests in bins of 1/${t.phase_locked_bins_per_residence} residence have a variance above ${t.phase_locked_variance_to_mean} x mean; of prefill cells, whose prompts return by the step, above ${percent(t.phase_locked_prefill_share)} of all streams in one bin`,
    effect: 'invalid',
    fit: 'exclude its means',
  },
  steps_unresolved: {
    gate: `the engine's steps as found in the client's stamps differ from the server's own count by more than max(${percent(t.steps_unresolved_share)}, ${t.steps_unresolved_edge_steps} steps)`,
    effect: 'note',
    fit: 'use its means, not its steps',
  },
  schedule_lag: {
    gate: `open loop: p99 of sent - scheduled is over max(${t.schedule_lag_ms} ms, ${percent(t.schedule_lag_share)} of TTFT): the client was late`,
    effect: 'invalid',
    fit: 'exclude its means',
  },
  client_bound: {
    gate: `p99 bound of the client's stamps is ${percent(t.client_bound_ttft_share)} of TTFT or more, or ${percent(t.client_bound_tpot_share)} of the time that TPOT is taken over (${t.client_bound_tpot_fewest_tokens} tokens or more; of decode cells this alone), or more chunks a second arrive than the host was calibrated for`,
    effect: 'flagged',
    fit: 'exclude its means',
  },
  rate_not_reached: {
    gate: `open loop: fewer than ${percent(t.rate_not_reached_share)} of the requests that were due in the window were sent in it`,
    effect: 'flagged',
    fit: 'use, at the measured rate',
  },
  kv_transfer_missing: {
    gate: `disaggregated: under ${percent(t.kv_transfer_missing_share)} of the prompt tokens that the prefill server computed reached the decode server, which computed the rest itself, or it counted no transfer at all`,
    effect: 'invalid',
    fit: 'exclude',
  },
  kv_bandwidth_implausible: {
    gate: `disaggregated: the decode server's bytes over seconds of transfer are below ${t.kv_bandwidth_implausible_gb_per_s} GB/s: over TCP in place of RDMA?`,
    effect: 'invalid',
    fit: 'exclude',
  },
  kv_transfer_failed: {
    gate: 'disaggregated: a transfer or its notification failed, or blocks were dropped before they were fetched',
    effect: 'invalid',
    fit: 'exclude',
  },
  compile_stall: {
    gate: `while a shape of one prompt length is first seen, a gap that the bound of the client's stamp does not explain, above ${t.compile_stall_gap_to_median} x the median of its kind; the first one in a window only begins warm-up and window anew (restarted in the record), one that is left makes the cell run again`,
    effect: 'invalid',
    fit: 'exclude',
  },
  bucket_changed: {
    gate: `a server with static shapes: more than ${percent(t.bucket_changed_share)} of the window in another batch bucket than the main one`,
    effect: 'flagged',
    fit: 'use',
  },
  window_short: {
    gate: `no window opened, or it is shorter than one residence, or holds fewer requests than the suite's minimum; decode cells: fewer than ${t.window_short_decode_steps} steps in which all of a batch decodes, or most batches never decoded together`,
    effect: 'invalid',
    fit: 'exclude its means',
  },
  unsteady: {
    gate: `a trend of in-flight, TTFT or TPOT over the window (p < ${t.unsteady_p_value}, change above ${percent(t.unsteady_change_share)}, in-flight ${percent(t.unsteady_in_flight_share)}; in an open loop each ${percent(t.unsteady_open_share)}, of a replayed trace none), an open loop whose requests come faster than they are served, or a warm-up that ended at its cap`,
    effect: 'flagged',
    fit: 'exclude its means',
  },
  few_samples: {
    gate: 'an objective asks for a percentile below its sample floor (p50 11, p90 64, p95 130, p99 662, p99.9 6636): it is withheld',
    effect: 'note',
    fit: 'use',
  },
  not_converged: {
    gate: `the confidence half-width was not met before the cap on requests or time, or with every request in it is over ${t.not_converged_slack} x the wanted one`,
    effect: 'flagged',
    fit: 'use',
  },
  throttled: {
    gate: 'a thermal limit or a hardware brake slowed a device down in the window',
    effect: 'flagged',
    fit: 'exclude',
  },
  power_capped: {
    gate: 'the software power cap held a device back in the window: usual for work bound by compute',
    effect: 'note',
    fit: 'use',
  },
  drift: {
    gate: 'an anchor cell measured again at the end differs by more than its interval: all cells of the target',
    effect: 'flagged',
    fit: 'use, its errors widened by the drift',
  },
  routing_sensitive: {
    gate: 'a mixture of experts: the anchor cell with text and with random ids differs by more than their intervals: all cells of random ids',
    effect: 'flagged',
    fit: 'exclude',
  },
  environment_changed: {
    gate: 'engine, its version, model, settings or the flags that the run starts it with differ from the start of the run; of what a power source tells, where it told it both times, its version (nvidia-smi and hl-smi: the driver), the power limits in force and the application clocks (nvidia-smi; no tool tells locked clocks)',
    effect: 'invalid',
    fit: 'exclude',
  },
  model_card_mismatch: {
    gate: `FLOPs or bytes that the server itself estimates (vLLM: --enable-mfu-metrics) differ over the whole cell by more than ${percent(t.model_card_mismatch_share)} from what the model card says of its requests: another model, or another format of weights`,
    effect: 'flagged',
    fit: 'use',
  },
  speculation_missing: {
    gate: 'a speculative cell whose server counts no tokens that it proposed in the window',
    effect: 'invalid',
    fit: 'exclude',
  },
};
