import type { PowerTrace } from './trace.ts';

/** How a device measures itself, as the vendors' devices do. */
export interface SensorTraits {
  /** Seconds between two refreshes; in between, readings stand still. */
  readonly refresh_s: number;
  /** A momentary reading is the mean over so many seconds before the refresh. */
  readonly aperture_s: number;
  /** An average reading is the mean over so many. */
  readonly boxcar_s: number;
}

export const SENSOR: SensorTraits = { refresh_s: 0.1, aperture_s: 0.025, boxcar_s: 1 };

/** What a device says about itself at one time. */
export interface SensorReading {
  readonly instant_w: number;
  readonly average_w: number;
  /** Energy since the simulator started, J. */
  readonly counter_j: number;
}

/** Reads a device's sensor at an instant: what the last refresh left there. */
export function readSensor(
  trace: PowerTrace,
  startedAt: number,
  at: number,
  traits: SensorTraits = SENSOR,
): SensorReading {
  const refreshed = startedAt + Math.floor((at - startedAt) / traits.refresh_s) * traits.refresh_s;
  return {
    instant_w: trace.mean(refreshed - traits.aperture_s, refreshed),
    average_w: trace.mean(refreshed - traits.boxcar_s, refreshed),
    counter_j: trace.energy(startedAt, refreshed),
  };
}
