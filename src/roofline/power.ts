import type { StepTraffic } from './step-traffic.ts';

/**
 * Power of one device (performance-model section 6): idle, and energy for each FLOP, byte of memory and byte of link, never
 * above its limit.
 */
export interface PowerParameters {
  /** Engine loaded, no request, W. */
  readonly idle_power_w: number;
  readonly energy_per_flop_j: number;
  readonly energy_per_byte_j: number;
  readonly energy_per_link_byte_j: number;
}

/**
 * Mean power of a device over a step, W.
 * @param limit_w the power limit; null: none is known
 */
export function stepPower(
  p: PowerParameters,
  traffic: StepTraffic,
  seconds: number,
  limit_w: number | null,
): number {
  const dynamic =
    traffic.flop * p.energy_per_flop_j +
    traffic.bytes * p.energy_per_byte_j +
    traffic.linkBytes * p.energy_per_link_byte_j;
  return Math.min(limit_w ?? Number.POSITIVE_INFINITY, p.idle_power_w + dynamic / seconds);
}
