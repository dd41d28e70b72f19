import type { Accelerator } from '../../accelerator/accelerator.ts';
import type { ModelCard } from '../../model/card.ts';
import { PARAMETER_NAMES, type ParameterName } from '../../roofline/parameters.ts';
import { EFFICIENCY_NAMES, type EfficiencyName, specPeak } from '../../roofline/priors.ts';
import { EDGE_SD } from '../noise.ts';
import { EDGE_NAMES } from '../problem.ts';

/** What servers are compared by: the parameters, then the serving edges. */
export const COORDINATES = [...PARAMETER_NAMES, ...EDGE_NAMES] as const;
export type Coordinate = (typeof COORDINATES)[number];

/** Before any fit: centre of the logarithm in the coordinate's own unit, and its standard deviation. */
const BEFORE: Readonly<Record<Coordinate, { readonly centre: number; readonly sd: number }>> = {
  gemm_flop_per_s: { centre: Math.log(0.5), sd: 0.3 },
  expert_flop_per_s: { centre: Math.log(0.3), sd: 0.6 },
  memory_bytes_per_s: { centre: Math.log(0.8), sd: 0.15 },
  attention_flop_per_s: { centre: Math.log(0.4), sd: 0.6 },
  // Per layer: the kernels that a step starts.
  step_overhead_s: { centre: Math.log(60e-6), sd: 0.8 },
  sequence_overhead_s: { centre: Math.log(0.8e-6), sd: 0.8 },
  request_overhead_s: { centre: Math.log(30e-3), sd: 0.8 },
  all_reduce_latency_s: { centre: Math.log(5e-6), sd: 0.8 },
  link_bytes_per_s: { centre: Math.log(0.6), sd: 0.5 },
  ttft_wait_steps: { centre: 0, sd: EDGE_SD },
  decode_wait_steps: { centre: 0, sd: EDGE_SD },
};

export const beforeAnyFit = (coordinate: Coordinate) => BEFORE[coordinate];

const isEfficiency = (name: Coordinate): name is EfficiencyName =>
  (EFFICIENCY_NAMES as readonly string[]).includes(name);

/**
 * Logarithm of one unit of each parameter on a device with a model: rates are shares of the spec sheet's peak, times of a step
 * are per layer, and the rest is seconds.
 * @returns null where the spec sheet lacks the peak
 */
export function logUnit(name: ParameterName, accelerator: Accelerator, card: ModelCard): number | null {
  if (isEfficiency(name)) {
    const peak = specPeak(name, accelerator, card);
    return peak && Math.log(peak.value);
  }
  return name === 'step_overhead_s' || name === 'sequence_overhead_s' ? Math.log(card.layers) : 0;
}
