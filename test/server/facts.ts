import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { AgentTarget, ServerTask } from '../../src/agent/protocol.ts';

export const FAKE_SERVER = fileURLToPath(new URL('fake-server.ts', import.meta.url));

export const target = (port: number, api_key: string | null = null): AgentTarget => ({
  url: `http://127.0.0.1:${port}`,
  model: null,
  api_key,
  api_key_env: null,
});

export const task = (argv: readonly string[], overrides: Partial<ServerTask> = {}): ServerTask => ({
  argv: [...argv],
  env: {},
  ready_timeout_s: 30,
  stop: { signal: 'SIGTERM', grace_s: 10 },
  secret_env: {},
  ready_url: null,
  log: null,
  ...overrides,
});

/** Whether a process runs; one that is dead and only not yet taken note of does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync(`/proc/${pid}/stat`) || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

export const parentOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)!.split(' ')[1]);

/** Process ids that fake servers wrote down. */
export const pidsOf = async (file: string): Promise<number[]> =>
  (await readFile(file, 'utf8')).split('\n').filter(Boolean).map(Number);

/** Waits for something that must come; the test's own limit is the only one. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(20);
}
