import { readdirSync, readFileSync } from 'node:fs';

/** Processes of the group whose first one was told to listen at this URL's port; the dead ones left out. */
export function processesOf(url: string): number[] {
  const { port } = new URL(url);
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const first = all.find((pid) => read(pid, 'cmdline').includes(`\0--port\0${port}\0`));
  const group = first === undefined ? null : groupOf(first);
  return group === null ? [] : all.filter((pid) => groupOf(pid) === group);
}

/** Kills all of them, as a crash of the whole server would. @returns how many there were */
export function killTree(url: string): number {
  const processes = processesOf(url);
  for (const pid of processes) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // Some end with the others.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  return processes.length;
}

/** Null for a process that is gone, or dead and only not yet taken note of. */
function groupOf(pid: number): string | null {
  const [state, , group] = read(pid, 'stat').split(') ').at(-1)!.split(' ');
  return state === 'Z' || state === 'X' ? null : (group ?? null);
}

function read(pid: number, what: 'cmdline' | 'stat'): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'latin1');
  } catch {
    return '';
  }
}
