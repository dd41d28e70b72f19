import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until this process holds the lock file and returns the function that gives it back. The file holds its owner's
 * process id; one whose owner is gone is taken over.
 */
export async function holdLock(file: string, log: (line: string) => void): Promise<() => Promise<void>> {
  for (let told = false; !(await tryLock(file)); ) {
    const owner = await ownerOf(file);
    if (owner !== null && !isAlive(owner)) {
      await removeStale(file, owner);
      continue;
    }
    if (!told) log(`waiting for process ${owner ?? '?'}, which holds ${file}`);
    told = true;
    await sleep(500);
  }
  return () => rm(file, { force: true });
}

async function tryLock(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function ownerOf(file: string): Promise<number | null> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return /^\d+$/.test(text) ? Number(text) : null;
}

/** Moves the file aside first: whoever else took the stale lock over meanwhile gets theirs back. */
async function removeStale(file: string, owner: number): Promise<void> {
  const aside = `${file}.${process.pid}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await ownerOf(aside)) === owner) await rm(aside, { force: true });
  else await rename(aside, file);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
