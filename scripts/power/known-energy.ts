import { setTimeout as sleep } from 'node:timers/promises';
import type { Interval } from '../../src/power/energy.ts';
import { judgeEnergy } from '../../src/power/judge-energy.ts';
import { SENSOR_LAG_S } from '../../src/power/least-window.ts';
import { powerClock } from '../../src/power/spawned-sampler.ts';
import type { ToolName } from '../../src/simulate/power/install-tools.ts';
import { startLoad } from './load.ts';
import { type WatchedDevices, watchDevices } from './tools.ts';

/** One window as a tool saw it, beside what the simulated devices spent in it. */
export interface RecoveredEnergy {
  readonly tool: ToolName;
  /** Asked length, s. */
  readonly seconds: number;
  /** Relative; null: the energy was rejected. */
  readonly error: number | null;
  readonly taken_from: 'counter' | 'integral' | null;
  readonly codes: readonly string[];
}

const DEVICES = 2;
const STREAMS = 6;
/** Cells are made a little longer than the rule asks, since timers may close a window early. */
const MARGIN_S = 0.1;

/** Windows of 30 s and of 10 s under one load; all open `SENSOR_LAG_S` or more after its onset. */
export async function recoverEnergies(tool: ToolName, seed: number): Promise<RecoveredEnergy[]> {
  const devices = await watchDevices(tool, DEVICES, seed);
  try {
    devices.watch.begin();
    await sleep(1_500);
    const onset = powerClock();
    const load = startLoad(devices.endpoint.url, STREAMS);
    const windows = windowsFrom(onset + SENSOR_LAG_S + 0.01);
    const end = Math.max(...windows.map(({ to_s }) => to_s));
    await sleep(1000 * (end + 0.2 - powerClock()));
    const truths = await Promise.all(windows.map((window) => trueEnergy(devices.endpoint.url, window)));
    const recovered = await recover(devices, windows, truths);
    await load.stop();
    return recovered.map((one) => ({ tool, ...one }));
  } finally {
    await devices.stop();
  }
}

/** One long window, and short ones that begin at other phases of a tool that is read once a second. */
const windowsFrom = (first: number): Interval[] => [
  { from_s: first, to_s: first + 30 + MARGIN_S },
  ...[0, 9.3, 18.7].map((at) => ({ from_s: first + at, to_s: first + at + 10 + MARGIN_S })),
];

async function recover(
  { watch }: WatchedDevices,
  windows: readonly Interval[],
  truths: readonly number[],
): Promise<Omit<RecoveredEnergy, 'tool'>[]> {
  const { facts, expected } = watch;
  const readings = await watch.until(Math.max(...windows.map(({ to_s }) => to_s)));
  return windows.map((window, index) => {
    const judged = judgeEnergy({ facts, ...readings, window, expected, tokens: 1 });
    return {
      seconds: Math.floor(window.to_s - window.from_s),
      error: judged.energy_j === null ? null : judged.energy_j / (DEVICES * truths[index]!) - 1,
      taken_from: judged.taken_from,
      codes: judged.reasons.map(({ code }) => code),
    };
  });
}

/** Of one device; the devices of a group do the same work. */
async function trueEnergy(url: string, { from_s, to_s }: Interval): Promise<number> {
  const now = powerClock();
  const query = `from_ago_s=${now - from_s}&to_ago_s=${now - to_s}`;
  const response = await fetch(`${url}/ridge/power/energy?${query}`);
  return ((await response.json()) as { energy_j: number }).energy_j;
}
