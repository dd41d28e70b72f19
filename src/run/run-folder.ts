import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { RidgeError } from '../errors.ts';
import { counted } from '../plural.ts';
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
  const inside = runsIn(idOrPath);
  if (inside.length > 0) throw holdsRuns(idOrPath, inside);
  throw new RidgeError(`no run '${idOrPath}'`, {
    where: isPath(idOrPath) ? idOrPath : join(RUNS, idOrPath),
    mend: 'Give the id of a run under runs/, or the path of its folder.',
  });
}

/** A name that says where it is, or is there: nobody meant an id by it. */
const isPath = (typed: string): boolean => basename(typed) !== typed || existsSync(typed);

/** Names of the runs that lie in a folder, the latest first as their names have it. */
function runsIn(folder: string): string[] {
  const entries = existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder) : [];
  return entries
    .filter((name) => existsSync(join(folder, name, RUN_FILE)))
    .sort()
    .reverse();
}

const MOST_NAMES = 5;

function holdsRuns(folder: string, names: readonly string[]): RidgeError {
  const shown = names.slice(0, MOST_NAMES).join(', ');
  const more = names.length > MOST_NAMES ? `, and ${names.length - MOST_NAMES} more` : '';
  return new RidgeError(`a folder of ${counted(names.length, 'run')}, not a run: ${shown}${more}`, {
    where: folder,
    mend: `Name the run, for example ${join(folder, names[0]!)}.`,
  });
}
