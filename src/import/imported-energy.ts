import type { Energy } from '../run/energy-schema.ts';

/** The energy block of a row that gives a mean power: nothing is known of the readings behind it. */
export function importedEnergy(power_w: number, devices: number): Energy {
  const names = Array.from({ length: devices }, (_, index) => String(index));
  return {
    schema_version: 1,
    source: {
      source: 'imported',
      version: null,
      scope: 'device',
      averaging: 'unknown',
      interval_s: 0,
      resolution_w: null,
      has_counter: false,
      counter_range_j: null,
      devices: names,
    },
    energy_j: null,
    taken_from: null,
    counter_disagreement_percent: null,
    power_w,
    idle_power_w: null,
    joules_per_output_token: null,
    joules_per_total_token: null,
    joules_per_request: null,
    devices: names.map((device) => ({
      device,
      power_w: power_w / devices,
      samples: 0,
      longest_gap_s: null,
      mean_clock_mhz: null,
      temperature_first_c: null,
      temperature_last_c: null,
    })),
    reasons: [],
    power_file: null,
  };
}
