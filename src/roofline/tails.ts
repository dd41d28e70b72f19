/** Quantiles that are told of every latency, ascending. */
export const TAIL_QUANTILES = [0.5, 0.9, 0.95, 0.99] as const;

/** Latencies that have tails: of requests, and the time between tokens (TBT) over all gaps of all requests. */
export const TAIL_METRICS = ['ttft', 'tpot', 'e2e', 'tbt'] as const;
export type TailMetric = (typeof TAIL_METRICS)[number];

/** The distribution of one latency, s. */
export interface LatencyTail {
  readonly mean: number;
  /** At TAIL_QUANTILES. */
  readonly quantiles: readonly number[];
}

/** Null where a metric does not exist: TPOT and gaps of a single output token. */
export type LatencyTails = Readonly<Record<TailMetric, LatencyTail | null>>;

/**
 * What means hide and tails show of an engine, keys as in fit files. The defaults leave every step as the roofline has it.
 */
export interface TailTraits {
  /** Standard deviation of the logarithm of a step's time around its mean. */
  readonly step_spread: number;
  /**
   * What prompts add to a step, as a multiple of the roofline's, and seconds on top in every step with prompts, shared by the
   * tensor parallel devices. Steps without prompts are shorter for it: the mean stays.
   */
  readonly prompt_step_ratio: number;
  readonly prompt_step_extra_s: number;
}

export const NO_TRAITS: TailTraits = { step_spread: 0, prompt_step_ratio: 1, prompt_step_extra_s: 0 };

/** What the first requests of a burst meet, all others waiting beside them; keys as in fit files. */
export interface BurstStart {
  /** How long a prompt in the first queue takes, as a multiple of the roofline's. */
  readonly queue_ratio: number;
  /** Seconds before the first step ends on top: what is compiled or connected at the first use. */
  readonly stall_s: number;
}

export const NO_START: BurstStart = { queue_ratio: 1, stall_s: 0 };
