import { randomUUID } from 'node:crypto';
import { readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { EXIT, RidgeError } from '../errors.ts';
import { writeError } from '../run/write-file.ts';
import { readDevice } from './device-read.ts';
import { INDEX_FILE, indexDevice, indexEntry, listDevices, listFits } from './index-file.ts';
import {
  type FitIndex,
  INDEX_SCHEMA_VERSION,
  type IndexDevice,
  type IndexEntry,
} from './index-file-schema.ts';
import { readFit } from './read.ts';

/** Enough for as many publishers at once; each round waits for none of them. */
const MOST_ROUNDS = 10;

/**
 * Makes `index.json` anew from the fit files of a folder, in one step. Made from the files and not from the old index, it
 * heals itself; made again where files changed meanwhile, it does not lose what another publisher wrote.
 * @returns the errors of the files that cannot be read, which are left out
 * @throws RidgeError (exit 3) when the disk refuses
 */
export async function writeIndex(folder: string): Promise<{ index: FitIndex; damaged: RidgeError[] }> {
  let made = await makeIndex(folder);
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    await replaceFile(join(folder, INDEX_FILE), `${JSON.stringify(made.index, null, 2)}\n`);
    const again = await makeIndex(folder);
    if (isDeepStrictEqual(again.index, made.index)) break;
    made = again;
  }
  return made;
}

async function makeIndex(folder: string): Promise<{ index: FitIndex; damaged: RidgeError[] }> {
  const damaged: RidgeError[] = [];
  const fits: IndexEntry[] = [];
  for (const path of await listFits(folder)) {
    try {
      fits.push(indexEntry(path, await readFit(join(folder, path))));
    } catch (error) {
      if (!(error instanceof RidgeError)) throw error;
      damaged.push(error);
    }
  }
  const devices: IndexDevice[] = [];
  for (const path of await listDevices(folder)) {
    try {
      devices.push(indexDevice(path, await readDevice(join(folder, path))));
    } catch (error) {
      if (!(error instanceof RidgeError)) throw error;
      damaged.push(error);
    }
  }
  const index: FitIndex = {
    schema_version: INDEX_SCHEMA_VERSION,
    kind: 'ridgepoint_fit_index',
    fits,
    ...(devices.length > 0 && { devices }),
  };
  return { index, damaged };
}

async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    if ((await readFile(file, 'utf8').catch(() => null)) === text) return;
    await writeFile(temporary, text, { flag: 'wx', flush: true });
    await rename(temporary, file);
  } catch (cause) {
    throw new RidgeError(writeError(file, cause).message, {
      where: file,
      exitCode: EXIT.failed,
      mend: 'The fit itself is published. Mend this and publish it once more to update the index.',
      cause,
    });
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}
