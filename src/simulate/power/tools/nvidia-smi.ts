import {
  type DeviceReading,
  type FakeTool,
  isUnknown,
  type PowerReading,
  rowOf,
  stampOf,
  ToolRefusal,
} from './fake-tool.ts';

interface Field {
  /** Name in the header, which is not always the one asked for. */
  readonly header: string;
  readonly unit: string | null;
  value(device: DeviceReading, index: number, reading: PowerReading): string;
}

const plain = (header: string, value: Field['value']): Field => ({ header, unit: null, value });
const watts =
  (value: (device: DeviceReading) => number): Field['value'] =>
  (device) =>
    value(device).toFixed(2);
const POWER_CAP = 0x4;
const THERMAL = 0x40;

const FIELDS: Readonly<Record<string, Field>> = {
  timestamp: plain('timestamp', () => stampOf(new Date())),
  index: plain('index', (_, index) => String(index)),
  name: plain('name', () => 'Simulated'),
  driver_version: plain('driver_version', () => '580.00'),
  'power.draw': { header: 'power.draw', unit: 'W', value: watts(({ average_w }) => average_w) },
  'power.draw.average': {
    header: 'power.draw.average',
    unit: 'W',
    value: watts(({ average_w }) => average_w),
  },
  'power.draw.instant': {
    header: 'power.draw.instant',
    unit: 'W',
    value: watts(({ instant_w }) => instant_w),
  },
  'module.power.draw.average': { header: 'module.power.draw.average', unit: 'W', value: () => '[N/A]' },
  'clocks.sm': { header: 'clocks.current.sm', unit: 'MHz', value: ({ clock_mhz }) => clock_mhz.toFixed(0) },
  'temperature.gpu': plain('temperature.gpu', ({ temperature_c }) => temperature_c.toFixed(0)),
  'enforced.power.limit': {
    header: 'enforced.power.limit',
    unit: 'W',
    value: (_, __, { limit_w }) => limit_w.toFixed(2),
  },
  'clocks.applications.graphics': {
    header: 'clocks.applications.graphics',
    unit: 'MHz',
    value: (_, __, { application_clock_mhz }) => application_clock_mhz.toFixed(0),
  },
  'clocks_event_reasons.active': plain('clocks_event_reasons.active', ({ capped }, _, { quirks }) => {
    const mask = (capped ? POWER_CAP : 0) | (quirks.includes('throttle') ? THERMAL : 0);
    return `0x${mask.toString(16).padStart(16, '0')}`;
  }),
};
const HEADER_EVERY = 25;

/** @throws ToolRefusal as the tool itself refuses a field that it does not know */
export function nvidiaSmiTool(args: readonly string[]): FakeTool {
  const names = optionOf(args, '--query-gpu=')?.split(',') ?? [];
  const stranger = names.find((name) => !Object.hasOwn(FIELDS, name));
  if (names.length === 0 || stranger !== undefined) {
    throw new ToolRefusal(`Field "${stranger ?? ''}" is not a valid field to query.`);
  }
  const format = optionOf(args, '--format=')?.split(',') ?? [];
  const [header, units] = [!format.includes('noheader'), !format.includes('nounits')];
  const loop = args.indexOf('-lms');
  const only = args.indexOf('-i');
  const fields = names.map((name) => FIELDS[name]!);
  const headLine = fields.map(({ header: name, unit }) => (unit ? `${name} [${unit}]` : name)).join(', ');
  return {
    interval_s: loop < 0 ? null : Number(args[loop + 1]) / 1000,
    lines(reading, tick) {
      const again = tick === 0 || (reading.quirks.includes('headers') && tick % HEADER_EVERY === 0);
      const rows = reading.devices.flatMap((device, index) => {
        if (only >= 0 && index !== Number(args[only + 1])) return [];
        const cells = fields.map(({ header: name, unit, value }) => {
          if (name.includes('power.draw') && isUnknown(reading, tick, index)) return '[N/A]';
          return `${value(device, index, reading)}${unit && units ? ` ${unit}` : ''}`;
        });
        return [rowOf(cells.join(', '), reading, tick)];
      });
      return [...(header && again ? [headLine] : []), ...rows];
    },
  };
}

const optionOf = (args: readonly string[], start: string): string | undefined =>
  args.find((arg) => arg.startsWith(start))?.slice(start.length);
