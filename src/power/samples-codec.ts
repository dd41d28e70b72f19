import type { PowerSample } from './sample.ts';

/** Raw readings of a cell as they lie on disk: columns, seconds from the cell's origin. */
export interface SampleColumns {
  readonly schema_version: 1;
  readonly device: readonly string[];
  readonly at_s: readonly number[];
  readonly power_w: readonly (number | null)[];
  readonly counter_j: readonly (number | null)[];
  readonly clock_mhz: readonly (number | null)[];
  readonly temperature_c: readonly (number | null)[];
  readonly throttle: readonly PowerSample['throttle'][];
}

/** Stamps are kept to 10 microseconds. */
const stamp = (seconds: number): number => Math.round(seconds * 1e5) / 1e5;

export const encodeSamples = (samples: readonly PowerSample[], origin: number): SampleColumns => ({
  schema_version: 1,
  device: samples.map(({ device }) => device),
  at_s: samples.map(({ at_s }) => stamp(at_s - origin)),
  power_w: samples.map(({ power_w }) => power_w),
  counter_j: samples.map(({ counter_j }) => counter_j),
  clock_mhz: samples.map(({ clock_mhz }) => clock_mhz),
  temperature_c: samples.map(({ temperature_c }) => temperature_c),
  throttle: samples.map(({ throttle }) => throttle),
});
