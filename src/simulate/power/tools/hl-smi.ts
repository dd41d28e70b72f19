import { type DeviceReading, type FakeTool, isUnknown, rowOf, ToolRefusal } from './fake-tool.ts';

const FIELDS: Readonly<
  Record<string, { unit: string; value(device: DeviceReading, index: number): string }>
> = {
  index: { unit: '', value: (_, index) => String(index) },
  name: { unit: '', value: () => 'HL-simulated' },
  driver_version: { unit: '', value: () => '1.22.1-simulated' },
  'power.draw': { unit: ' W', value: ({ average_w }) => average_w.toFixed(0) },
  'temperature.aip': { unit: ' C', value: ({ temperature_c }) => temperature_c.toFixed(0) },
  'utilization.aip': { unit: ' %', value: () => '90' },
};
const DEFAULT_LOOP_S = 5;

/** `-Q FIELDS -f csv,noheader[,nounits] [-l N]`. */
export function hlSmiTool(args: readonly string[]): FakeTool {
  const after = (flag: string): string | undefined =>
    args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined;
  const names = after('-Q')?.split(',') ?? [];
  if (names.length === 0 || names.some((name) => !Object.hasOwn(FIELDS, name))) {
    throw new ToolRefusal('hl-smi: invalid query');
  }
  const units = !(after('-f') ?? '').includes('nounits');
  return {
    interval_s: args.includes('-l') ? Number(after('-l')) || DEFAULT_LOOP_S : null,
    lines: (reading, tick) =>
      reading.devices.map((device, index) => {
        const cells = names.map((name) => {
          if (name === 'power.draw' && isUnknown(reading, tick, index)) return 'N/A';
          const { unit, value } = FIELDS[name]!;
          return `${value(device, index)}${units ? unit : ''}`;
        });
        return rowOf(cells.join(', '), reading, tick);
      }),
  };
}
