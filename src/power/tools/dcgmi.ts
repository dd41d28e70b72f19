import { readNumber, readOptional, readPower } from '../cell-value.ts';
import { blankSample, type PowerSample, type PowerSource } from '../sample.ts';
import { type LineReader, startTool } from '../spawned-sampler.ts';
import { ask } from './ask.ts';

const INTERVAL_MS = 100;
/** Instant power, total energy, SM clock, temperature of the device: ids of dcgm_fields.h. */
const FIELDS = ['157', '156', '100', '150'] as const;

/** NVIDIA's devices by DCGM's command line: instant watts and an energy counter at 10 Hz. Null when it or its host engine is not there. */
export async function dcgmi(): Promise<PowerSource | null> {
  const argv = ['dcgmi', 'dmon', '-e', FIELDS.join(','), '-d', String(INTERVAL_MS)];
  const once = await ask([...argv, '-c', '1']);
  if (once === null) return null;
  const reader = dcgmiReader();
  const samples = once.split('\n').flatMap((line) => reader.read(line, 0));
  if (!samples.some(({ power_w }) => power_w !== null)) return null;
  return {
    facts: {
      source: 'dcgmi',
      version: /version\s*:?\s*([\d.]+)/i.exec((await ask(['dcgmi', '--version'])) ?? '')?.[1] ?? null,
      scope: 'device',
      averaging: 'instant',
      interval_s: INTERVAL_MS / 1000,
      resolution_w: 0.001,
      has_counter: samples.some(({ counter_j }) => counter_j !== null),
      counter_range_j: null,
      devices: [...new Set(samples.map(({ device }) => device))],
    },
    start: (sink) => startTool({ argv, interval_s: INTERVAL_MS / 1000, reader: dcgmiReader }, sink),
  };
}

/** `GPU 0  120.5  1234567  1410  45`: words apart by spaces, two header lines that come again, no time. */
export function dcgmiReader(): LineReader {
  let skipped = 0;
  return {
    read(line, at_s): readonly PowerSample[] {
      const match = /^GPU\s+(\d+)\s+(.+)$/.exec(line.trim());
      if (match === null) return [];
      const cells = match[2]!.trim().split(/\s+/);
      if (cells.length !== FIELDS.length) {
        skipped += 1;
        return [];
      }
      const [power, energy, clock, temperature] = cells;
      const millijoules = readNumber(energy) ?? null;
      return [
        {
          ...blankSample(match[1]!, at_s),
          ...readPower(power),
          counter_j: millijoules === null ? null : millijoules / 1000,
          clock_mhz: readOptional(clock),
          temperature_c: readOptional(temperature),
        },
      ];
    },
    get skipped() {
      return skipped;
    },
  };
}
