import type { PowerParameters } from '../../roofline/power.ts';

/** What one device computed and moved, event by event: columns of one length. An idle event moves nothing. */
export interface TrafficColumns {
  readonly seconds: Float64Array;
  readonly flop: Float64Array;
  readonly bytes: Float64Array;
  readonly linkBytes: Float64Array;
}

/** The mean power of one device over a cell, and the work that it did meanwhile. */
export interface PowerObservation {
  readonly target: string;
  readonly tensorParallel: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly concurrency: number;
  readonly traffic: TrafficColumns;
  /** Of one device, W. */
  readonly power_w: number;
  /** Standard error relative to the power. */
  readonly relative_error: number;
}

/** Work without its order: one event with mean rates. Exact where no step reaches the power limit. */
export const meanTraffic = (rates: {
  readonly flop: number;
  readonly bytes: number;
  readonly linkBytes: number;
}): TrafficColumns => ({
  seconds: Float64Array.of(1),
  flop: Float64Array.of(rates.flop),
  bytes: Float64Array.of(rates.bytes),
  linkBytes: Float64Array.of(rates.linkBytes),
});

/**
 * Mean power of a device over its events, W: each event's own, never above the limit (performance-model section 6).
 * @param limit_w null: none is known
 */
export function meanPower(traffic: TrafficColumns, p: PowerParameters, limit_w: number | null): number {
  const { seconds, flop, bytes, linkBytes } = traffic;
  const limit = limit_w ?? Number.POSITIVE_INFINITY;
  let energy = 0;
  let time = 0;
  for (let e = 0; e < seconds.length; e += 1) {
    const above =
      flop[e]! * p.energy_per_flop_j +
      bytes[e]! * p.energy_per_byte_j +
      linkBytes[e]! * p.energy_per_link_byte_j;
    energy += Math.min(limit * seconds[e]!, p.idle_power_w * seconds[e]! + above);
    time += seconds[e]!;
  }
  return energy / time;
}
