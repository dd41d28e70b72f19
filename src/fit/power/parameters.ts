import type { Accelerator } from '../../accelerator/accelerator.ts';
import { peakOf } from '../../accelerator/peaks.ts';
import type { ModelCard } from '../../model/card.ts';
import type { PowerParameters } from '../../roofline/power.ts';

export const POWER_PARAMETER_NAMES = [
  'idle_power_w',
  'energy_per_flop_j',
  'energy_per_byte_j',
  'energy_per_link_byte_j',
] as const satisfies readonly (keyof PowerParameters)[];
export type PowerParameterName = (typeof POWER_PARAMETER_NAMES)[number];

export const POWER_PARAMETER_UNITS: Readonly<Record<PowerParameterName, string>> = {
  idle_power_w: 'W',
  energy_per_flop_j: 'J/FLOP',
  energy_per_byte_j: 'J/byte',
  energy_per_link_byte_j: 'J/byte',
};

/** What is believed of a power parameter before any measurement: log-normal. */
export interface PowerPrior {
  readonly centre: number;
  readonly log_sd: number;
}
export type PowerPriors = Readonly<Record<PowerParameterName, PowerPrior>>;

/** Shares of the power limit that devices of any vendor draw idle, with compute at its peak, memory at its peak, links busy. */
const SHARES = {
  idle_power_w: { share: 0.2, log_sd: 0.5 },
  energy_per_flop_j: { share: 0.8, log_sd: 0.7 },
  energy_per_byte_j: { share: 0.6, log_sd: 0.7 },
  energy_per_link_byte_j: { share: 0.1, log_sd: 1 },
} as const satisfies Record<PowerParameterName, { share: number; log_sd: number }>;

/** Device classes of today, where a data sheet lacks a figure. */
const FALLBACK = { tdp_w: 700, flop_per_s: 1e15, memory_bytes_per_s: 3e12, link_bytes_per_s: 1e11 };

/**
 * Weak priors from a data sheet: the energies at which the device would draw a usual share of its limit at its peaks. An
 * idle power that was measured takes the place of its guess.
 */
export function powerPriors(
  accelerator: Accelerator | null,
  card: ModelCard,
  measuredIdle_w: number | null,
): PowerPriors {
  const tdp = accelerator?.tdp_w ?? FALLBACK.tdp_w;
  const flop = (accelerator && peakOf(accelerator, card.compute_format)?.flop_per_s) ?? FALLBACK.flop_per_s;
  const peaks: Readonly<Record<PowerParameterName, number>> = {
    idle_power_w: 1,
    energy_per_flop_j: flop,
    energy_per_byte_j: accelerator?.memory_bytes_per_s ?? FALLBACK.memory_bytes_per_s,
    energy_per_link_byte_j: accelerator?.link_bytes_per_s ?? FALLBACK.link_bytes_per_s,
  };
  const prior = (name: PowerParameterName): PowerPrior => ({
    centre: (SHARES[name].share * tdp) / peaks[name],
    log_sd: SHARES[name].log_sd,
  });
  return {
    idle_power_w:
      measuredIdle_w === null ? prior('idle_power_w') : { centre: measuredIdle_w, log_sd: IDLE_LOG_SD },
    energy_per_flop_j: prior('energy_per_flop_j'),
    energy_per_byte_j: prior('energy_per_byte_j'),
    energy_per_link_byte_j: prior('energy_per_link_byte_j'),
  };
}

/** A measured idle power moves with temperature and clocks: a device that just worked draws some per cent more. */
const IDLE_LOG_SD = 0.1;
