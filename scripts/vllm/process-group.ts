import { setTimeout as sleep } from 'node:timers/promises';

/** A detached child and everything it started, which share its process group. */
export interface ProcessGroup {
  /** Whether the child itself has ended. */
  ended(): boolean;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

interface Child extends PromiseLike<unknown> {
  readonly pid?: number;
}

/** Takes charge of a child started with `detached: true`; its group does not outlive this process. */
export function groupOf(child: Child): ProcessGroup {
  const pid = child.pid;
  if (pid === undefined) throw new Error('the process did not start');
  let childEnded = false;
  const end = Promise.resolve(child).then(() => {
    childEnded = true;
  });
  const killNow = () => signalGroup(pid, 'SIGKILL');
  process.once('exit', killNow);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

  const kill = async () => {
    killNow();
    await end;
    process.off('exit', killNow);
  };
  const stop = async () => {
    signalGroup(pid, 'SIGTERM');
    await Promise.race([end, sleep(20_000, undefined, { ref: false })]);
    await kill();
  };
  return { ended: () => childEnded, stop, kill };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
