import {
  type DeviceReading,
  type FakeTool,
  isUnknown,
  type PowerReading,
  rowOf,
  ToolRefusal,
} from './fake-tool.ts';

const WATCH_HEADER =
  'timestamp,gpu,gfx_activity,umc_activity,mm_activity,vcn_activity,socket_power,gfx_voltage,throttle_status,power_management,gfx_0_clk,mem_0_clk,edge,hotspot,mem';
const ENERGY_HEADER =
  'gpu,socket_power,gfx_voltage,soc_voltage,mem_voltage,throttle_status,power_management,total_energy_consumption';
/** Every so many readings the counter falls behind by so much, where it is to run backwards. */
const BACKWARD_EVERY = 8;
const BACKWARD_J = 50_000;

/** `metric ... -w N --csv`, `metric -E --csv` and `version`. */
export function amdSmiTool(args: readonly string[], readingNumber: number): FakeTool {
  if (args[0] === 'version') return { interval_s: null, lines: () => ['AMDSMI Tool: 26.2.0+simulated'] };
  if (args[0] !== 'metric' || !args.includes('--csv')) throw new ToolRefusal('AMDSMI: unknown command');
  if (args.includes('-E'))
    return { interval_s: null, lines: (reading) => energyLines(reading, readingNumber) };
  const loop = args.indexOf('-w');
  const interval_s = loop < 0 ? null : Number(args[loop + 1]);
  return {
    interval_s,
    lines: (reading, tick) => [
      ...(tick === 0 ? ["'CTRL' + 'C' to stop watching output:"] : []),
      WATCH_HEADER,
      ...reading.devices.map((device, index) => watchRow(device, index, reading, tick)),
    ],
  };
}

function watchRow(device: DeviceReading, index: number, reading: PowerReading, tick: number): string {
  const power = isUnknown(reading, tick, index) ? 'N/A' : device.average_w.toFixed(0);
  const clock = device.clock_mhz.toFixed(0);
  const throttled = reading.quirks.includes('throttle') ? 'THROTTLED' : 'N/A';
  const seconds = Math.floor(Date.now() / 1000);
  return rowOf(
    `${seconds},${index},90,60,N/A,"['N/A', 'N/A']",${power},N/A,${throttled},ENABLED,${clock},2000,N/A,${device.temperature_c.toFixed(0)},40`,
    reading,
    tick,
  );
}

function energyLines(reading: PowerReading, readingNumber: number): string[] {
  const back = reading.quirks.includes('backward') && readingNumber % BACKWARD_EVERY === BACKWARD_EVERY - 1;
  return [
    ENERGY_HEADER,
    ...reading.devices.map((device, index) => {
      const counter = 1e6 + device.counter_j - (back ? BACKWARD_J : 0);
      return `${index},${device.average_w.toFixed(0)},N/A,N/A,N/A,N/A,ENABLED,${counter.toFixed(3)}`;
    }),
  ];
}
