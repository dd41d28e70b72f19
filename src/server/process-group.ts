import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Guard } from './guard.ts';

const POLL_MS = 100;
/** A process that waits for a dying device driver cannot be killed; it is not waited for longer. */
const KILL_PATIENCE_MS = 10_000;

/**
 * A process and everything that it starts, which share a process group of their own: a terminal's Ctrl-C does not reach
 * it, and one signal reaches all of it.
 */
export class ProcessGroup {
  /** Settles when the first process has ended, with how: `exit code 1`, `SIGKILL`. */
  readonly ended: Promise<string>;
  readonly pipes: readonly Readable[];
  readonly #pid: number;
  readonly #guard: Guard;
  readonly #killNow = (): void => void this.#signal('SIGKILL');

  private constructor(child: ChildProcessByStdio<null, Readable, Readable>) {
    this.#pid = child.pid!;
    this.#guard = new Guard(this.#pid);
    this.pipes = [child.stdout, child.stderr];
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) =>
        resolve(signal ? `was killed by ${signal}` : `ended with exit code ${code}`),
      );
    });
    // Whatever ends this process, its server does not outlive it.
    process.once('exit', this.#killNow);
  }

  /** @throws the system's error when there is no such program, or it may not be run */
  static start(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<ProcessGroup> {
    const [file, ...args] = argv;
    const child = spawn(file!, args, {
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => resolve(new ProcessGroup(child)));
    });
  }

  /** Asks the group to end, and kills what is left of it after the grace. Never fails. */
  async stop(signal: NodeJS.Signals, graceMs: number): Promise<void> {
    this.#signal(signal);
    if (!(await this.#gone(graceMs))) {
      this.#signal('SIGKILL');
      await this.#gone(KILL_PATIENCE_MS);
    }
    process.off('exit', this.#killNow);
    this.#guard.dismiss();
    for (const pipe of this.pipes) pipe.destroy();
  }

  /** Waits for the last process of the group. */
  async #gone(withinMs: number): Promise<boolean> {
    const deadline = performance.now() + withinMs;
    while (this.#signal(0) && hasLiving(this.#pid)) {
      if (performance.now() >= deadline) return false;
      await sleep(POLL_MS);
    }
    return true;
  }

  /** @returns whether there was anyone to get it */
  #signal(signal: NodeJS.Signals | 0): boolean {
    try {
      process.kill(-this.#pid, signal);
      return true;
    } catch (error) {
      // EPERM: only processes of others are left in it, which is as good as none.
      if (['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
      throw error;
    }
  }
}

/**
 * Whether a group has a process that is more than an entry in the table: in a container without an init process the dead
 * stay there. Where there is no such table, what is there counts as living.
 */
function hasLiving(group: number): boolean {
  if (process.platform !== 'linux') return true;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      const [state, , itsGroup] = statOf(pid);
      return itsGroup === String(group) && state !== 'Z' && state !== 'X';
    });
}

/** State, parent and group of a process; nothing when it is gone. */
function statOf(pid: string): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name before it stands in brackets and may hold anything.
    return text.slice(text.lastIndexOf(')') + 2).split(' ', 3);
  } catch {
    return [];
  }
}
