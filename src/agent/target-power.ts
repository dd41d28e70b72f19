import { hostname } from 'node:os';
import { RidgeError } from '../errors.ts';
import type { DeviceEnergy } from '../power/energy.ts';
import type { PowerChoice } from '../power/find-source.ts';
import { judgeEnergy } from '../power/judge-energy.ts';
import { idleSeconds } from '../power/least-window.ts';
import { PowerWatch } from '../power/power-watch.ts';
import { powerClock } from '../power/spawned-sampler.ts';
import type { IdlePower } from '../run/energy-schema.ts';
import type { AgentTarget, PowerTask } from './protocol.ts';

/** The power sources of a target, and what there is to say where it has none. */
export interface OpenedPower {
  readonly watch: PowerWatch | null;
  /** Of the server that computes the prompts of a pair. */
  readonly prefill: PowerWatch | null;
  readonly warnings: readonly string[];
}

type Opened = { readonly watch: PowerWatch | null; readonly warning: string | null };
const NONE: Opened = { watch: null, warning: null };

/**
 * Opens the power sources of a target on this host. What is found by itself may be missing; what is required may not.
 * @param simulated devices of a simulated endpoint, which no tool of this host can read by itself; null: a real one
 * @throws RidgeError (exit 3) when a required source is not there
 */
export async function openPower(target: AgentTarget, simulated: number | null): Promise<OpenedPower> {
  const { watch, warning } = await openOwn(target, simulated);
  const task = target.prefill_power;
  const prefill = task === undefined || task.source === 'none' ? NONE : await open(task, simulated);
  const warnings = [warning, prefill.warning && `of the prefill server ${prefill.warning}`];
  return { watch, prefill: prefill.watch, warnings: warnings.filter((one) => one !== null) };
}

async function openOwn(target: AgentTarget, simulated: number | null): Promise<Opened> {
  const task = target.power;
  if (!task) return simulated === null && isOnThisHost(target.url) ? open(AUTO, null) : NONE;
  return task.source === 'none' ? NONE : open(task, simulated);
}

const AUTO: PowerTask = {
  source: 'auto',
  authorization: null,
  devices: null,
  device_count: null,
  required: false,
};

async function open(task: PowerTask, simulated: number | null): Promise<Opened> {
  try {
    const count = task.device_count ?? simulated ?? 1;
    const watch = await PowerWatch.open(choiceOf(task), task.devices, count, task.path);
    if (watch !== null || !task.required) return { watch, warning: null };
    throw new RidgeError('no power source of accelerators is on this host', {
      exitCode: 3,
      mend: 'Name one in power.source of the lab file, or leave out required.',
    });
  } catch (error) {
    if (task.required || !(error instanceof RidgeError)) throw error;
    return {
      watch: null,
      warning: `no power is read: ${error.message}${error.mend ? `; ${error.mend}` : ''}`,
    };
  }
}

function choiceOf({ source, url, file, authorization }: PowerTask): PowerChoice {
  switch (source) {
    case 'dcgm-exporter':
      return { source, url: needed(source, 'url', url) };
    case 'redfish':
      return { source, url: needed(source, 'url', url), authorization };
    case 'replay':
      return { source, file: needed(source, 'file', file) };
    case 'none':
      return { source: 'auto' };
    default:
      return { source };
  }
}

function needed(source: string, key: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new RidgeError(`power: ${source} needs a ${key}`, { mend: `Give power.${key} in the lab file.` });
}

/** Only then do tools of this host read the devices that serve the target. */
function isOnThisHost(url: string): boolean {
  const { hostname: host } = new URL(url);
  return ['localhost', '127.0.0.1', '[::1]', hostname()].includes(host);
}

/** Mean power over some seconds without a request, of both servers of a pair. */
export async function measureIdle(
  { watch, prefill }: Pick<OpenedPower, 'watch' | 'prefill'>,
  seconds: number,
  signal: AbortSignal,
): Promise<IdlePower> {
  const [own, others] = await Promise.all([watch, prefill].map((one) => idleOf(one, seconds, signal)));
  return prefill === null ? own! : { ...own!, prefill_power_w: others!.power_w };
}

/** Null with the reason where it cannot be told. */
async function idleOf(watch: PowerWatch | null, seconds: number, signal: AbortSignal): Promise<IdlePower> {
  if (watch === null) return { power_w: null, seconds, message: 'no power source' };
  watch.begin();
  await wait(idleSeconds(seconds, watch.facts.interval_s), signal);
  const to_s = powerClock();
  const window = { from_s: to_s - seconds, to_s };
  const readings = await watch.until(to_s);
  const { facts, expected } = watch;
  const judged = judgeEnergy({ facts, ...readings, window, expected, tokens: 1 });
  const energy = judged.energy_j ?? integralOf(judged.devices);
  if (energy !== null) return { power_w: energy / seconds, seconds, message: null };
  return { power_w: null, seconds, message: judged.reasons.map(({ message }) => message).join('; ') };
}

/** Idle power hardly moves: a few readings tell it, where a window of a cell would need more. */
const integralOf = (devices: readonly DeviceEnergy[]): number | null =>
  devices.length === 0 || devices.some(({ integral_j }) => integral_j === null)
    ? null
    : devices.reduce((sum, { integral_j }) => sum + integral_j!, 0);

const wait = (seconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
