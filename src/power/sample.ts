/** Why a device runs slower than it could. `thermal` and `hardware_brake` spoil a measurement, `power_cap` is normal. */
export type ThrottleReason = 'thermal' | 'hardware_brake' | 'power_cap';

/** One reading of one device. What the tool does not know (`N/A`) is null, never zero. */
export interface PowerSample {
  /** As the tool names it: `0`, `package-0`, `node`. */
  readonly device: string;
  /** When it arrived, monotonic seconds on the agent's clock. */
  readonly at_s: number;
  readonly power_w: number | null;
  /** Energy since some start, from the device's own counter. */
  readonly counter_j: number | null;
  readonly clock_mhz: number | null;
  readonly temperature_c: number | null;
  /** Null: the tool does not say. */
  readonly throttle: readonly ThrottleReason[] | null;
  /** A power cell that is neither a number nor one of the tool's words for unknown, or is negative. */
  readonly bad: boolean;
  /** What the tool's table should have and lacks, and what it has; absent: it lacks nothing. */
  readonly lacks?: string;
}

/** What a reading covers: not comparable between scopes, so it is recorded with every energy. */
export type PowerScope = 'device' | 'module' | 'socket' | 'gcd_pair' | 'package' | 'node';

/** How a sensor makes a reading. `1s`: a mean over the last second; `counter`: differences of an energy counter. */
export type PowerAveraging = 'instant' | '1s' | 'counter' | 'unknown';

/** Where watts come from, recorded with every cell. */
export interface PowerFacts extends DeviceSettings {
  readonly source: string;
  readonly version: string | null;
  readonly scope: PowerScope;
  readonly averaging: PowerAveraging;
  /** Asked seconds between two readings of a device. */
  readonly interval_s: number;
  /** Smallest step of a reading; null: not known. */
  readonly resolution_w: number | null;
  readonly has_counter: boolean;
  /** Range at which the counter starts again from zero; null: it does not, or it is not known. */
  readonly counter_range_j: number | null;
  /** Devices that it reads, in the tool's order. */
  readonly devices: readonly string[];
  /**
   * How well the clock is known by which readings are stamped, s, where that is another host's; null: not at all. Absent:
   * readings are stamped by this host when they arrive.
   */
  readonly clock_offset_bound_s?: number | null;
}

/** Settings that a source tells of each device when it is asked; absent: the tool does not say. */
export const DEVICE_SETTINGS = [
  'limits_w',
  'application_clocks_mhz',
  'application_memory_clocks_mhz',
] as const;

/** One value a device, in the order of the devices. Limits are those in force. */
export type DeviceSettings = {
  readonly [Setting in (typeof DEVICE_SETTINGS)[number]]?: readonly (number | null)[];
};

/** What a source says that may change while a run lasts. */
export type PowerConditions = Pick<PowerFacts, 'version'> & DeviceSettings;

/** The settings among some facts, each list copied, or of some of the devices only. */
export function deviceSettings(
  facts: DeviceSettings,
  of: (values: readonly (number | null)[]) => (number | null)[] = (values) => [...values],
): { [Setting in keyof DeviceSettings]: (number | null)[] } {
  const told = DEVICE_SETTINGS.flatMap((setting) => {
    const values = facts[setting];
    return values === undefined ? [] : [[setting, of(values)] as const];
  });
  return Object.fromEntries(told);
}

type RecordedFacts = Omit<PowerFacts, keyof DeviceSettings | 'devices'> &
  ReturnType<typeof deviceSettings> & { devices: string[] };

/** A source's facts in the form in which runs record them: lists of its own. */
export const recordedFacts = (facts: PowerFacts): RecordedFacts =>
  ({ ...facts, ...deviceSettings(facts), devices: [...facts.devices] }) as RecordedFacts;

/** Receives what a sampler reads. */
export interface PowerSink {
  samples(batch: readonly PowerSample[]): void;
  /** Rows that could not be read. */
  skipped(rows: number): void;
  /** The tool ended or stopped answering without being asked to; nothing follows. */
  failed(message: string): void;
}

export interface RunningSampler {
  /** Ends it, whatever state it is in; never fails. */
  stop(): Promise<void>;
}

/** A source that was found on this host and can be started. */
export interface PowerSource {
  readonly facts: PowerFacts;
  /** Of a recording: rows whose time cannot be read, so that any window may lack them; absent: every row is stamped when it arrives. */
  readonly rowsUntimed?: number;
  /** Asks again for what may have changed; null: it does not answer. Absent: the tool does not say. */
  conditions?(): Promise<PowerConditions | null>;
  start(sink: PowerSink): RunningSampler;
}

/** A reading in which nothing is known yet. */
export const blankSample = (device: string, at_s: number): PowerSample => ({
  device,
  at_s,
  power_w: null,
  counter_j: null,
  clock_mhz: null,
  temperature_c: null,
  throttle: null,
  bad: false,
});
