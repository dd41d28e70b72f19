/** What a reason does to a cell's energy: `reject` makes it invalid, `flag` and `warn` are shown with it. Timings are never touched. */
export type EnergyEffect = 'reject' | 'flag' | 'warn' | 'note' | 'counter_unusable';

/** The numbers that an energy is judged by. */
export const ENERGY_LIMITS = {
  fewest_samples: 20,
  shortest_window_s: 10,
  short_for_slow_sensor_s: 30,
  /** Sources slower than this are read once a second. */
  slow_interval_s: 0.5,
  gap_intervals: 3,
  least_gap_s: 0.5,
  slow_gap_s: 3,
  counter_share: 0.05,
} as const;

const limits = ENERGY_LIMITS;

/** Longest time between two readings of a device, s, from a source that is read at this interval. */
export const longestGapOf = (interval_s: number): number =>
  interval_s >= limits.slow_interval_s
    ? limits.slow_gap_s
    : Math.max(limits.gap_intervals * interval_s, limits.least_gap_s);

/** Every code that an energy is judged by, with its effect and what it means; `ridge --help verdicts` prints them. */
export const ENERGY_CODES = {
  window_invalid: ['reject', 'the window has no start, no end, or no length'],
  telemetry_missing: ['reject', 'the power source gave nothing, or ended before the window did'],
  column_missing: ['reject', 'no power or device column was found by name, and no usable counter'],
  power_cell_invalid: [
    'reject',
    'a power reading in the window, or within the longest gap of it, is neither a number nor unknown, or is negative',
  ],
  timestamp_invalid: ['reject', 'rows of a recording have no time, so that any window may lack them'],
  device_missing: ['reject', 'the devices that were read are not the ones that the target uses'],
  not_bracketed: [
    'reject',
    'a device has no reading before the window or none after it, and no usable counter',
  ],
  gap_exceeded: [
    'reject',
    `readings of a device over ${limits.gap_intervals} intervals and ${limits.least_gap_s} s apart, or over ${limits.slow_gap_s} s from a source that is read every ${limits.slow_interval_s} s or slower, and no usable counter`,
  ],
  too_few_samples: [
    'reject',
    `fewer than ${limits.fewest_samples} readings of a device in the window, and no usable counter`,
  ],
  window_too_short: ['reject', `the window is shorter than ${limits.shortest_window_s} s`],
  window_short_for_sensor: [
    'warn',
    `under ${limits.short_for_slow_sensor_s} s with a sensor that averages over a second, or is read every ${limits.slow_interval_s} s or slower, and no usable counter`,
  ],
  no_tokens: ['reject', 'no token arrived inside the window'],
  counter_disagrees: [
    'flag',
    `counter and integral of power differ by more than ${100 * limits.counter_share} %`,
  ],
  counter_backward: ['counter_unusable', 'the energy counter ran backwards'],
  counter_implausible: [
    'counter_unusable',
    'the energy counter is not within 0.1 to 10 times the integral of power',
  ],
  counter_unavailable: [
    'counter_unusable',
    'the energy counter was not known at an edge of the window, or stood still for over 3 s',
  ],
  rows_skipped: ['warn', 'rows of the power source could not be read'],
  clock_offset_unknown: [
    'warn',
    'readings come with stamps of another host, whose clock is not known; those that are stamped on arrival need none',
  ],
  throttled: ['flag', 'a thermal limit or a hardware brake slowed a device down'],
  power_capped: ['note', 'the software power cap held a device back'],
} as const satisfies Record<string, readonly [EnergyEffect, string]>;

export type EnergyCode = keyof typeof ENERGY_CODES;

/** One finding about a cell's energy. */
export interface EnergyReason {
  readonly code: EnergyCode;
  readonly effect: EnergyEffect;
  readonly message: string;
}

export const energyReason = (code: EnergyCode, message: string): EnergyReason => ({
  code,
  effect: ENERGY_CODES[code][0],
  message,
});
