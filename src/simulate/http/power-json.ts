import { readSensor } from '../power/sensor.ts';
import type { PowerReading } from '../power/tools/fake-tool.ts';
import type { ServerState } from '../server-state.ts';

const IDLE_CLOCK_MHZ = 345;
const COOL_C = 32;
const HOT_C = 70;

/** What the sensors of the simulated devices read now; all devices of a group do the same work. */
export function powerJson(state: ServerState): PowerReading & { readonly reading_number: number } {
  const { device, live, power } = state;
  const { power_limit_w, idle_power_w } = device.power;
  const reading = readSensor(live.loop.power, live.startedAt, live.now());
  const busy = Math.min(1, Math.max(0, (reading.average_w - idle_power_w) / (power_limit_w - idle_power_w)));
  const one = {
    ...reading,
    clock_mhz: busy > 0.02 ? power.application_clock_mhz : IDLE_CLOCK_MHZ,
    temperature_c: COOL_C + (HOT_C - COOL_C) * busy,
    capped: reading.instant_w > 0.999 * power_limit_w,
  };
  power.readings += 1;
  return {
    devices: Array.from({ length: device.settings.tensorParallel }, () => one),
    limit_w: power_limit_w,
    application_clock_mhz: power.application_clock_mhz,
    quirks: power.quirks,
    reading_number: power.readings,
  };
}

/** True energy of one device between two instants, seconds ago; for tests of the chain that reads it. */
export function trueEnergyJson({ live }: ServerState, query: URLSearchParams): object {
  const now = live.now();
  const from = now - Number(query.get('from_ago_s'));
  const to = now - Number(query.get('to_ago_s'));
  return { energy_j: live.loop.power.energy(from, to), seconds: to - from };
}
