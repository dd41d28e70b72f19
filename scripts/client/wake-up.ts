import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { SentResponse } from '../../src/null-server/options.ts';
import { quantile, sortSample } from '../../src/stats/sorted.ts';
import { TRANSIT_S } from './figures.ts';
import { type Cores, on } from './run-client.ts';
import type { WakeUpLog, WakeUpTask } from './wake-up-sender.ts';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/**
 * How long this host takes to wake a process that waits in a read of a socket, s, one entry a write: the kernel's delivery and
 * the start of a core that slept, with no event loop, no parser and one connection, less what the scheduler says that the
 * process waited for its core. Both ends work for `busyMs` after each write, as a server and its client do: hypervisors keep cores
 * that do from running more often. A stamp's bound cannot know of it: to the process that sleeps, data on its way looks like data
 * that has not been sent.
 */
export async function hostWakeUps(
  cores: Cores,
  writes: number,
  { periodMs, busyMs }: Pick<WakeUpTask, 'periodMs' | 'busyMs'>,
): Promise<number[]> {
  const reader = on(cores.client, [process.execPath, script('wake-up-reader.ts'), `${writes}`, `${busyMs}`]);
  const task: WakeUpTask = { reader, writes, periodMs, busyMs };
  const [file, ...args] = on(cores.server, [
    process.execPath,
    script('wake-up-sender.ts'),
    JSON.stringify(task),
  ]);
  const { stdout } = await execa(file!, args, { stdin: 'ignore' });
  const { left, woken } = JSON.parse(stdout) as WakeUpLog;
  if (woken.length !== left.length) throw new Error(`${woken.length} of ${left.length} writes were read`);
  return left.map((time, write) => woken[write]! - time);
}

/**
 * Share of a run's tokens that would be stamped beyond their bound by the host's wake-ups alone: the first token of every
 * burst finds a reader asleep, and so do those that left before it is awake.
 */
export function shareAsleep(
  wakeUps: readonly number[],
  truth: readonly SentResponse[],
  restSeconds: number,
): number {
  const late = wakeUps.map((wakeUp) => wakeUp - TRANSIT_S).sort((a, b) => b - a);
  const left = truth.flatMap(({ sentAt, tookS }) => Array.from(sentAt, (at, token) => at + tookS[token]!));
  left.sort((a, b) => a - b);
  let asleep = 0;
  let first = Number.NEGATIVE_INFINITY;
  left.forEach((time, token) => {
    if (time - (left[token - 1] ?? first) > restSeconds) first = time;
    const awake = late.findIndex((seconds) => seconds <= time - first);
    asleep += awake < 0 ? late.length : awake;
  });
  return asleep / (left.length * wakeUps.length);
}

/** What to print beside the share of stamps beyond their bound. */
export function wakeUpLine(wakeUps: readonly number[], asleep: number): string {
  const sample = sortSample(wakeUps)!;
  const [p50, p99, most] = [0.5, 0.99, 1].map((q) => Math.round(1e6 * quantile(sample, q)));
  const late = wakeUps.filter((wakeUp) => wakeUp > TRANSIT_S).length;
  return [
    `  host  a process that waits in a read wakes ${p50} us after the write (p99 ${p99}, most ${most});`,
    `        ${late} of ${wakeUps.length} over ${1e6 * TRANSIT_S} us, by which alone ${Number((100 * asleep).toPrecision(2))} % of these stamps would be beyond their bound`,
  ].join('\n');
}
