import type { Accelerator } from '../../accelerator/accelerator.ts';
import { peakOf } from '../../accelerator/peaks.ts';
import type { ModelCard } from '../../model/card.ts';
import type { PowerParameters } from '../../roofline/power.ts';
import { createRandom } from '../random.ts';

/** A device without a published limit. */
const FALLBACK_TDP_W = 700;

/** The hidden power of a simulated device, and its limit. */
export interface PowerTruth extends PowerParameters {
  readonly power_limit_w: number;
}

/**
 * Draws a device's power from its seed: idle at a sixth or so of its limit; compute at its peak alone would draw about 70 %
 * of it, memory at its peak about 45 %, so that both together run into the limit, as real devices do.
 */
export function drawPower(accelerator: Accelerator, card: ModelCard, seed: number): PowerTruth {
  const limit = accelerator.tdp_w ?? FALLBACK_TDP_W;
  const random = createRandom(seed, 40);
  const around = (centre: number, logSd: number): number => centre * Math.exp(logSd * random.normal());
  const idle_power_w = around(0.16, 0.2) * limit;
  const compute = around(0.7, 0.15) * limit;
  const memory = around(0.45, 0.15) * limit;
  const flop = peakOf(accelerator, card.compute_format)?.flop_per_s ?? 1e15;
  return {
    power_limit_w: limit,
    idle_power_w,
    energy_per_flop_j: compute / flop,
    energy_per_byte_j: memory / (accelerator.memory_bytes_per_s ?? 3e12),
    energy_per_link_byte_j: (0.1 * limit) / (accelerator.link_bytes_per_s ?? 25e9),
  };
}

/** The same power in scaled time: a device ten times as fast spends a tenth on each FLOP. */
export const scaleEnergies = (truth: PowerTruth, timeScale: number): PowerTruth => ({
  ...truth,
  energy_per_flop_j: truth.energy_per_flop_j * timeScale,
  energy_per_byte_j: truth.energy_per_byte_j * timeScale,
  energy_per_link_byte_j: truth.energy_per_link_byte_j * timeScale,
});
