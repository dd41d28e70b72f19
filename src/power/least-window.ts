import type { Protocol, StopRule } from '../suite/schema.ts';
import type { PowerFacts } from './sample.ts';

type Sensor = Pick<PowerFacts, 'averaging' | 'interval_s' | 'has_counter'>;

/** Least seconds of a window that a source can judge without a warning. */
export function leastWindowSeconds({ averaging, interval_s, has_counter }: Sensor): number {
  const slow = averaging === '1s' || interval_s >= 0.5;
  return slow && !has_counter ? 30 : 10;
}

/** Seconds after load onset before which a sensor may still show what was before it. */
export const SENSOR_LAG_S = 2;
/** Timers may close a window a moment early. */
const MARGIN_S = 0.1;

/** What every cell keeps to whose power is read. */
export const powerTiming = (sensor: Sensor): { window_min_s: number; warm_up_min_s: number } => ({
  window_min_s: leastWindowSeconds(sensor) + MARGIN_S,
  warm_up_min_s: SENSOR_LAG_S,
});

/** Settles before idle power counts: clocks and fans of a device that just worked come down. */
const SETTLE_SHARE = 0.2;

/** Seconds that it takes to measure idle power over so many. */
export const idleSeconds = (idle_s: number, interval_s: number): number =>
  (1 + SETTLE_SHARE) * idle_s + 2 * interval_s;

/** How a cell is measured, as far as a power source changes it. */
export interface CellTiming {
  readonly protocol: Protocol;
  readonly stop: StopRule;
}

/**
 * A protocol and stop rule with windows that a power source can judge: long enough, and late enough after load onset. Every
 * kind of cell keeps to them but a trace, which is as long as it is.
 * @param sensor null: no power is read, and nothing changes
 */
export function lengthened<Timing extends CellTiming>(
  { protocol, stop }: Timing,
  sensor: Sensor | null,
): Pick<Timing, 'protocol' | 'stop'> {
  if (sensor === null) return { protocol, stop };
  const { window_min_s, warm_up_min_s } = powerTiming(sensor);
  return {
    protocol: { ...protocol, warm_up_min_s: Math.max(protocol.warm_up_min_s ?? 0, warm_up_min_s) },
    stop: {
      ...stop,
      window_min_s: Math.max(stop.window_min_s ?? 0, window_min_s),
      max_s: Math.max(stop.max_s, window_min_s),
    },
  };
}

const SLOW: Sensor = { averaging: 'unknown', interval_s: 1, has_counter: false };
const WITH_COUNTER: Sensor = { averaging: 'unknown', interval_s: 1, has_counter: true };

/** What a source that was not asked yet is most likely to be, for estimates; `auto` may be any of the devices' own tools. */
export function expectedSensor(source: string): Sensor | null {
  switch (source) {
    case 'none':
      return null;
    case 'dcgmi':
    case 'dcgm-exporter':
    case 'amd-smi':
    case 'rocm-smi':
    case 'rapl':
      return WITH_COUNTER;
    default:
      return SLOW;
  }
}
