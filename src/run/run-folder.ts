import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { RidgeError } from '../errors.ts';
import { RUN_FILE } from './read-run.ts';

const RUNS = 'runs';

export interface RunPlace {
  readonly id: string;
  readonly folder: string;
}

/** `2026-11-26T160500-demo`: sorts by time, tells the suite. */
export function newRunPlace(suiteName: string, out: string | undefined, now = new Date()): RunPlace {
  if (out !== undefined) return { id: basename(out), folder: out };
  const stamp = now
    .toISOString()
    .replaceAll(':', '')
    .replace(/\.\d+Z$/, '');
  const id = `${stamp}-${suiteName}`;
  for (let twin = 1; ; twin += 1) {
    const name = twin === 1 ? id : `${id}-${twin}`;
    if (!existsSync(join(RUNS, name))) return { id: name, folder: join(RUNS, name) };
  }
}

/**
 * The folder of an existing run by its id or its path.
 * @throws RidgeError (exit 2) when there is none
 */
export function findRun(idOrPath: string): RunPlace {
  for (const folder of [idOrPath, join(RUNS, idOrPath)]) {
    if (existsSync(join(folder, RUN_FILE))) return { id: basename(folder), folder };
  }
  throw new RidgeError(`no run '${idOrPath}'`, {
    where: join(RUNS, idOrPath),
    mend: 'Give the id of a run under runs/, or the path of its folder.',
  });
}
