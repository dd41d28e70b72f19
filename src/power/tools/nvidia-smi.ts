import { readOptional, readPower } from '../cell-value.ts';
import {
  blankSample,
  DEVICE_SETTINGS,
  type DeviceSettings,
  type PowerConditions,
  type PowerFacts,
  type PowerSample,
  type PowerSource,
  type ThrottleReason,
} from '../sample.ts';
import { type LineReader, startTool } from '../spawned-sampler.ts';
import { columnOf, lacksOf, TableReader, type TableRow } from '../table-reader.ts';
import { ask } from './ask.ts';

/** The sensor refreshes every 100 ms; faster polling returns what is known already. */
const INTERVAL_MS = 100;

/** Asked one by one, since one field that a driver does not know ends the whole query. */
const FIELDS = [
  'power.draw.average',
  'power.draw.instant',
  'power.draw',
  'module.power.draw.average',
  'clocks.sm',
  'temperature.gpu',
  'clocks_event_reasons.active',
  'clocks_throttle_reasons.active',
] as const;

const SETTING_FIELDS: Readonly<Record<keyof DeviceSettings, string>> = {
  limits_w: 'enforced.power.limit',
  application_clocks_mhz: 'clocks.applications.graphics',
  application_memory_clocks_mhz: 'clocks.applications.memory',
};

/** Bits of the active clock event reasons, by NVML's names (nvmlClocksEventReasons). */
const REASON_BITS: readonly [bit: bigint, reason: ThrottleReason][] = [
  [0x4n, 'power_cap'],
  [0x20n, 'thermal'], // software thermal slowdown
  [0x40n, 'thermal'], // hardware thermal slowdown
  [0x80n, 'hardware_brake'],
];

/** NVIDIA's devices by nvidia-smi. Null when it is not there or knows no power. */
export async function nvidiaSmi(): Promise<PowerSource | null> {
  const rows = await tableOf('index,driver_version');
  if (rows === null) return null;
  const devices = rows.flatMap(([index]) => (index && /^\d+$/.test(index) ? [index] : []));
  const fields = await supportedFields();
  const power = columnOf(fields, [
    'power.draw.average',
    'power.draw',
    'power.draw.instant',
    'module.power.draw.average',
  ]);
  if (devices.length === 0 || power === null) return null;
  const facts: PowerFacts = {
    source: 'nvidia-smi',
    version: rows[0]?.[1] ?? null,
    ...(await settingsNow()),
    scope: power.startsWith('module') ? 'module' : 'device',
    averaging: power === 'power.draw.instant' ? 'instant' : '1s',
    interval_s: INTERVAL_MS / 1000,
    resolution_w: 0.01,
    has_counter: false,
    counter_range_j: null,
    devices,
  };
  const query = ['timestamp', 'index', power, ...fields.filter((name) => !name.includes('power.draw'))];
  const argv = [
    'nvidia-smi',
    `--query-gpu=${query.join(',')}`,
    '--format=csv,nounits',
    '-lms',
    String(INTERVAL_MS),
  ];
  return {
    facts,
    conditions,
    start: (sink) =>
      startTool({ argv, interval_s: facts.interval_s, reader: () => nvidiaSmiReader(power) }, sink),
  };
}

/** A query's answer, once: cells by row; null when the tool does not answer it. */
async function tableOf(fields: string): Promise<string[][] | null> {
  const answer = await ask(['nvidia-smi', `--query-gpu=${fields}`, '--format=csv,noheader,nounits']);
  if (answer === null) return null;
  return answer
    .trim()
    .split('\n')
    .map((line) => line.split(',').map((cell) => cell.trim()));
}

/** Settings in the order of the devices; without those that the driver does not know. No field tells of locked clocks. */
async function settingsNow(): Promise<DeviceSettings> {
  const told = DEVICE_SETTINGS.map(async (setting) => {
    const values = (await tableOf(SETTING_FIELDS[setting]))?.map(([cell]) => readOptional(cell)) ?? [];
    return values.some((value) => value !== null) ? [[setting, values] as const] : [];
  });
  return Object.fromEntries((await Promise.all(told)).flat());
}

async function conditions(): Promise<PowerConditions | null> {
  const version = (await tableOf('driver_version'))?.[0]?.[0];
  return version === undefined ? null : { version, ...(await settingsNow()) };
}

/** Fields that this driver and these devices answer with more than a word for unknown. */
async function supportedFields(): Promise<string[]> {
  const answers = await Promise.all(
    FIELDS.map(async (field) => {
      const answer = await ask(['nvidia-smi', `--query-gpu=${field}`, '--format=csv,noheader', '-i', '0']);
      return answer === null || /^\[?(n\/a|not supported|unknown)/i.test(answer.trim()) ? [] : [field];
    }),
  );
  return answers.flat();
}

/** Lines of a looping query with its header; `power` is the column that counts. */
export function nvidiaSmiReader(power: string): LineReader {
  const table = new TableReader({ isHeader: (line) => /(^|,\s*)(timestamp|index)\b/.test(line) });
  return {
    read(line, at_s) {
      const row = table.read(line);
      return row === null ? [] : [sampleOf(row, power, at_s)];
    },
    get skipped() {
      return table.skipped;
    },
  };
}

function sampleOf(row: TableRow, power: string, at_s: number): PowerSample {
  return {
    ...blankSample(row.index ?? '0', at_s),
    ...readPower(row[power]),
    ...lacksOf(row, { power: [power], device: ['index'] }),
    clock_mhz: readOptional(row['clocks.current.sm'] ?? row['clocks.sm']),
    temperature_c: readOptional(row['temperature.gpu']),
    throttle: reasonsOf(row['clocks_event_reasons.active'] ?? row['clocks_throttle_reasons.active']),
  };
}

function reasonsOf(mask: string | undefined): ThrottleReason[] | null {
  if (mask === undefined || !/^0x[0-9a-f]+$/i.test(mask)) return null;
  const bits = BigInt(mask);
  return [...new Set(REASON_BITS.flatMap(([bit, reason]) => ((bits & bit) === 0n ? [] : [reason])))];
}
