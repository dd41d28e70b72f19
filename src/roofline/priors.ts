import type { Accelerator } from '../accelerator/accelerator.ts';
import { peakOf } from '../accelerator/peaks.ts';
import type { ModelCard } from '../model/card.ts';
import { PARAMETER_NAMES, type ParameterName } from './parameters.ts';

/** Log-normal prior of one parameter and its physical bounds, in the parameter's own absolute unit. */
export interface Prior {
  readonly centre: number;
  /** Standard deviation of the natural logarithm. */
  readonly log_sd: number;
  readonly lower: number;
  readonly upper: number;
}

export type Priors = Readonly<Record<ParameterName, Prior>>;

/** Efficiencies relative to the spec sheet (performance-model section 3). */
const EFFICIENCY = {
  gemm_flop_per_s: { centre: 0.5, log_sd: 0.3, lower: 0.05, upper: 1.5 },
  expert_flop_per_s: { centre: 0.3, log_sd: 0.6, lower: 0.01, upper: 1.5 },
  memory_bytes_per_s: { centre: 0.8, log_sd: 0.15, lower: 0.2, upper: 1.5 },
  attention_flop_per_s: { centre: 0.4, log_sd: 0.6, lower: 0.03, upper: 1.5 },
  link_bytes_per_s: { centre: 0.6, log_sd: 0.5, lower: 0.05, upper: 1.5 },
} as const satisfies Partial<Record<ParameterName, Prior>>;
export type EfficiencyName = keyof typeof EFFICIENCY;
export const EFFICIENCY_NAMES = Object.keys(EFFICIENCY) as EfficiencyName[];

/** Times; they depend on host and engine more than on the device. */
const TIMES = {
  step_overhead_s: { centre: 3e-3, log_sd: 0.8, lower: 10e-6, upper: 30e-3 },
  sequence_overhead_s: { centre: 50e-6, log_sd: 0.8, lower: 0.1e-6, upper: 1e-3 },
  request_overhead_s: { centre: 30e-3, log_sd: 0.8, lower: 0.1e-3, upper: 200e-3 },
  // Fits of grids with TP 1 beside larger sizes, which tell it from the step's overhead, find 1 to 7 us.
  all_reduce_latency_s: { centre: 5e-6, log_sd: 0.8, lower: 1e-6, upper: 100e-6 },
} as const satisfies Partial<Record<ParameterName, Prior>>;

/** Without a spec sheet: what a server accelerator might reach, four orders of magnitude wide in its bounds. */
const UNKNOWN = {
  expert_flop_per_s: { centre: 100e12, log_sd: 1.5, lower: 5e9, upper: 50e15 },
  gemm_flop_per_s: { centre: 200e12, log_sd: 1.5, lower: 20e9, upper: 50e15 },
  memory_bytes_per_s: { centre: 1.5e12, log_sd: 1.5, lower: 2e9, upper: 100e12 },
  attention_flop_per_s: { centre: 100e12, log_sd: 1.5, lower: 5e9, upper: 50e15 },
  link_bytes_per_s: { centre: 100e9, log_sd: 1.5, lower: 1e9, upper: 10e12 },
} as const satisfies Record<EfficiencyName, Prior>;

/** Spec-sheet value that an efficiency refers to, per device; null where none is published. */
export function specPeak(
  name: EfficiencyName,
  accelerator: Accelerator | null,
  card: ModelCard,
): { value: number; published: boolean } | null {
  if (!accelerator) return null;
  const compute = (format: ModelCard['compute_format']) => {
    const peak = peakOf(accelerator, format);
    return peak && { value: peak.flop_per_s, published: peak.published };
  };
  const plain = (value: number | null) => (value === null ? null : { value, published: true });
  switch (name) {
    case 'gemm_flop_per_s':
      return compute(card.compute_format);
    case 'expert_flop_per_s': {
      const experts = card.weight_groups.find((group) => group.name === 'experts');
      return compute(experts?.compute_format ?? card.compute_format);
    }
    case 'attention_flop_per_s':
      return compute('bf16');
    case 'memory_bytes_per_s':
      return plain(accelerator.memory_bytes_per_s);
    case 'link_bytes_per_s':
      return plain(accelerator.link_bytes_per_s);
  }
}

const isEfficiency = (name: ParameterName): name is EfficiencyName => Object.hasOwn(EFFICIENCY, name);

function priorOf(name: ParameterName, accelerator: Accelerator | null, card: ModelCard): Prior {
  if (!isEfficiency(name)) return TIMES[name as keyof typeof TIMES];
  const spec = specPeak(name, accelerator, card);
  if (!spec) return UNKNOWN[name];
  const { centre, log_sd, lower, upper } = EFFICIENCY[name];
  return {
    centre: centre * spec.value,
    log_sd,
    lower: lower * spec.value,
    upper: upper * spec.value,
  };
}

/**
 * Prior and bounds of every parameter for a device and a model, in absolute units per device. Spec peaks give the
 * centre; where none is published (or there is no accelerator) the prior is weak.
 */
export function parameterPriors(accelerator: Accelerator | null, card: ModelCard): Priors {
  return Object.fromEntries(
    PARAMETER_NAMES.map((name) => [name, priorOf(name, accelerator, card)]),
  ) as unknown as Priors;
}
