import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RidgeError } from '../errors.ts';
import { makeFolder } from '../run/make-folder.ts';
import { CELLS_FILE, RUN_FILE } from '../run/read-run.ts';
import { placeError, writeAtomically } from '../run/write-file.ts';
import type { ImportedRun } from './import-rows.ts';

/** @throws RidgeError (exit 2) when something stands at that place */
export async function requireFree(folder: string): Promise<void> {
  const present = existsSync(folder) ? await readdir(folder).catch(() => ['']) : [];
  if (present.length === 0) return;
  throw new RidgeError('there is something here already', { where: folder, mend: 'Give another --out.' });
}

/**
 * Writes an imported run: the folder appears whole or not at all.
 * @throws RidgeError when the place is taken (exit 2) or cannot be written
 */
export async function writeImportedRun(folder: string, { run, records }: ImportedRun): Promise<void> {
  await requireFree(folder);
  const partial = `${folder.replace(/\/+$/, '')}.partial-${process.pid}`;
  try {
    await makeFolder(partial);
    await writeAtomically(
      join(partial, CELLS_FILE),
      records.map((record) => `${JSON.stringify(record)}\n`).join(''),
    );
    await writeAtomically(join(partial, RUN_FILE), `${JSON.stringify(run, null, 2)}\n`);
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined);
    throw placeError(folder, error);
  }
}
