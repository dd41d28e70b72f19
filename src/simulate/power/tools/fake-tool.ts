/** One device as its sensor reads at one time. */
export interface DeviceReading {
  readonly instant_w: number;
  readonly average_w: number;
  readonly counter_j: number;
  readonly clock_mhz: number;
  readonly temperature_c: number;
  /** Whether the power limit holds it back. */
  readonly capped: boolean;
}

/** What real tools do and parsers stumble over. */
export const QUIRKS = {
  unknown: 'every seventh power cell is N/A',
  headers: 'the header comes again every 25 rows',
  backward: 'the energy counter runs backwards now and then',
  garbage: 'every fiftieth row is torn',
  throttle: 'says that a thermal limit slows the devices down',
  hang: 'prints nothing more after 5 s',
  die: 'ends with an error after 5 s',
} as const;
export type Quirk = keyof typeof QUIRKS;

/** What `GET /ridge/power` answers: all devices of the simulated endpoint, and how its tools are to misbehave. */
export interface PowerReading {
  readonly devices: readonly DeviceReading[];
  readonly limit_w: number;
  /** What the devices' cores are set to run at. */
  readonly application_clock_mhz: number;
  readonly quirks: readonly Quirk[];
}

/** A vendor's tool as one command line of it behaves. */
export interface FakeTool {
  /** Seconds between two readings; null: it answers once. */
  readonly interval_s: number | null;
  /** The lines of one reading; `tick` counts from 0. */
  lines(reading: PowerReading, tick: number): string[];
}

/** Said by a tool that was asked for what it does not know. */
export class ToolRefusal extends Error {}

const UNKNOWN_EVERY = 7;
const TORN_EVERY = 50;

/** Whether the power cell of a device is unknown at this tick. */
export const isUnknown = ({ quirks }: PowerReading, tick: number, device: number): boolean =>
  quirks.includes('unknown') && (tick + 3 * device) % UNKNOWN_EVERY === UNKNOWN_EVERY - 1;

/** A row, torn now and then where the tool is to do so. */
export const rowOf = (text: string, { quirks }: PowerReading, tick: number): string =>
  quirks.includes('garbage') && tick % TORN_EVERY === TORN_EVERY - 1 ? text.slice(0, text.length / 2) : text;

const two = (value: number): string => String(value).padStart(2, '0');

/** `2026/02/03 10:00:00.123`, as the tools print it. */
export const stampOf = (date: Date): string =>
  `${date.getUTCFullYear()}/${two(date.getUTCMonth() + 1)}/${two(date.getUTCDate())} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}.${String(date.getUTCMilliseconds()).padStart(3, '0')}`;
