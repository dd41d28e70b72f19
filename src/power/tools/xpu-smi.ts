import { readPower } from '../cell-value.ts';
import { blankSample, type PowerSource } from '../sample.ts';
import { type LineReader, startTool } from '../spawned-sampler.ts';
import { lacksOf, TableReader } from '../table-reader.ts';
import { ask } from './ask.ts';

/** Metric 1 of the first major version's dump is the device's power. */
const DUMP = ['xpu-smi', 'dump', '-d', '-1', '-m', '1', '-i', '1'];
const INTERVAL_S = 1;

/** Intel's GPUs by xpu-smi's dump: watts from differences of an energy counter, once a second. Null when it is not there. */
export async function xpuSmi(): Promise<PowerSource | null> {
  const once = await ask([...DUMP, '-n', '1']);
  if (once === null) return null;
  const reader = xpuSmiReader();
  const devices = [
    ...new Set(once.split('\n').flatMap((line) => reader.read(line, 0).map(({ device }) => device))),
  ];
  if (devices.length === 0) return null;
  return {
    facts: {
      source: 'xpu-smi',
      version: (await ask(['xpu-smi', '-v']))?.trim().split('\n')[0] ?? null,
      scope: 'device',
      averaging: 'counter',
      interval_s: INTERVAL_S,
      resolution_w: 0.01,
      has_counter: false,
      counter_range_j: null,
      devices,
    },
    start: (sink) => startTool({ argv: DUMP, interval_s: INTERVAL_S, reader: xpuSmiReader }, sink),
  };
}

/** `Timestamp, DeviceId, GPU Power (W)`: the time has no date and is not read. */
export function xpuSmiReader(): LineReader {
  const table = new TableReader({ isHeader: (line) => /^\s*timestamp\s*,/i.test(line) });
  return {
    read(line, at_s) {
      const row = table.read(line);
      if (row === null) return [];
      return [
        {
          ...blankSample(row.DeviceId ?? '0', at_s),
          ...readPower(row['GPU Power']),
          ...lacksOf(row, { power: ['GPU Power'], device: ['DeviceId'] }),
        },
      ];
    },
    get skipped() {
      return table.skipped;
    },
  };
}
