import { open, readFile, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { RidgeError } from '../errors.ts';
import { writeError } from './write-file.ts';

export const LOCK_FILE = 'lock';

interface Holder {
  readonly pid: number;
  readonly host: string;
}

/**
 * Takes a run's folder for this process; a lock whose process is gone is taken over.
 * @returns a function that gives it back
 * @throws RidgeError (exit 2) when another process is writing this run
 */
export async function lockRun(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, LOCK_FILE);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(JSON.stringify({ pid: process.pid, host: hostname() } satisfies Holder));
      await handle.close();
      return () => unlink(file).catch(() => undefined);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw writeError(file, cause);
    }
    const holder = await readHolder(file);
    if (holder && isAlive(holder)) {
      throw new RidgeError(`process ${holder.pid} on ${holder.host} is writing this run`, {
        where: folder,
        mend: `Wait for it or stop it; if it is gone, delete ${file}.`,
      });
    }
    await unlink(file).catch(() => undefined);
  }
  throw new RidgeError('the lock of this run keeps changing hands', { where: file });
}

async function readHolder(file: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch {
    return null;
  }
}

/** A process on another host cannot be asked, so it counts as alive. */
function isAlive({ pid, host }: Holder): boolean {
  if (host !== hostname()) return true;
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}
