import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/** Ends a process group when its own input ends: that happens whatever kills the process that holds the other end. */
const SCRIPT =
  "process.stdin.resume().once('end', () => { try { process.kill(-Number(process.argv[1]), 'SIGKILL'); } catch {} });";

/** A small process that outlives this one by a moment, so that not even a kill -9 of it leaves its server behind. */
export class Guard {
  readonly #dismiss: () => void;

  /** @param group id of the process group */
  constructor(group: number) {
    const guard = spawn(process.execPath, ['-e', SCRIPT, String(group)], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    // Without it the server still ends with this process, unless that is killed.
    guard.on('error', () => undefined);
    guard.stdin.on('error', () => undefined);
    guard.unref();
    (guard.stdin as Writable & { unref?(): void }).unref?.();
    this.#dismiss = () => guard.kill('SIGKILL');
  }

  /** The group has ended. */
  dismiss(): void {
    this.#dismiss();
  }
}
