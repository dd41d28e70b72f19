/**
 * The parameters of the roofline, absolute and per device. Keys are those of fit files.
 * Efficiencies against a spec sheet are derived, never fitted: spec sheets of new silicon are wrong, secret or disputed.
 */
export interface RooflineParameters {
  /** Achieved GEMM compute in the dense group's compute format, FLOP/s per device. */
  readonly gemm_flop_per_s: number;
  /** Achieved compute of the experts' grouped GEMMs in their own compute format, FLOP/s per device. */
  readonly expert_flop_per_s: number;
  /** Achieved memory bandwidth, byte/s per device. */
  readonly memory_bytes_per_s: number;
  /** Achieved attention compute, FLOP/s per device. */
  readonly attention_flop_per_s: number;
  /** Fixed time of every engine step, s. */
  readonly step_overhead_s: number;
  /** Time per sequence in a step, s. */
  readonly sequence_overhead_s: number;
  /** Time per request outside the engine's steps, added to TTFT, s. */
  readonly request_overhead_s: number;
  /** Latency of one all-reduce, s; counts only with tensor parallel size above 1. */
  readonly all_reduce_latency_s: number;
  /** Achieved link bandwidth in one direction, byte/s per device; counts only with tensor parallel size above 1. */
  readonly link_bytes_per_s: number;
  /** Time of proposing one token for all sequences of a step, beside the draft's own weights and KV, s; absent: none. */
  readonly draft_pass_s?: number;
  /** Time of proposing one token for each sequence on top, s; absent: none. */
  readonly draft_sequence_s?: number;
}

/** What a server that speculates has beside them: fitted only where cells of one are. */
export const DRAFT_NAMES = ['draft_pass_s', 'draft_sequence_s'] as const;
export type DraftName = (typeof DRAFT_NAMES)[number];

export type ParameterName = Exclude<keyof RooflineParameters, DraftName>;

export const PARAMETER_NAMES: readonly ParameterName[] = [
  'gemm_flop_per_s',
  'expert_flop_per_s',
  'memory_bytes_per_s',
  'attention_flop_per_s',
  'step_overhead_s',
  'sequence_overhead_s',
  'request_overhead_s',
  'all_reduce_latency_s',
  'link_bytes_per_s',
];

/** Columns of a step's derivatives. */
export const GRADIENT_NAMES = [...PARAMETER_NAMES, ...DRAFT_NAMES] as const;

export const PARAMETER_UNITS: Readonly<Record<ParameterName | DraftName, string>> = {
  gemm_flop_per_s: 'FLOP/s',
  expert_flop_per_s: 'FLOP/s',
  memory_bytes_per_s: 'byte/s',
  attention_flop_per_s: 'FLOP/s',
  step_overhead_s: 's',
  sequence_overhead_s: 's',
  request_overhead_s: 's',
  all_reduce_latency_s: 's',
  link_bytes_per_s: 'byte/s',
  draft_pass_s: 's',
  draft_sequence_s: 's',
};

/** Exponent of the smooth maximum of compute and memory time; cannot be identified, so it is fixed. */
export const PNORM_EXPONENT = 4;
