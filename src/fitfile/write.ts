import { randomUUID } from 'node:crypto';
import { link, open, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { EXIT, RidgeError } from '../errors.ts';
import { makeFolder } from '../run/make-folder.ts';
import { writeError } from '../run/write-file.ts';
import { canonicalJson } from '../stats/canonical-json.ts';
import { fitDigest } from './parse.ts';
import type { Fit } from './schema.ts';

/** The fit with its digest, as it will stand in the file. */
export const withDigest = (fit: Omit<Fit, 'digest'>): Fit => ({ ...fit, digest: fitDigest(fit) });

/**
 * Writes a fit file in one step: a reader sees all of it or none.
 * @throws RidgeError (exit 2) when a file is there and `force` is not set; (exit 3) when the disk refuses
 */
export async function writeFit(file: string, fit: Fit, { force = false } = {}): Promise<void> {
  await requireFreeFit(file, { force });
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await makeFolder(dirname(file));
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(`${canonicalJson(fit)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (force) await rename(temporary, file);
    else await link(temporary, file);
  } catch (cause) {
    throw fitWriteError(file, cause);
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}

/**
 * Says no before a long fit to what `writeFit` would refuse after it, by writing and removing a file beside the place: nothing
 * else tells for every file system. Leaves nothing behind.
 * @throws RidgeError (exit 2) when a file is there and `force` is not set; (exit 3) when nothing can be written there
 */
export async function requireWritableFit(file: string, { force = false } = {}): Promise<void> {
  await requireFreeFit(file, { force });
  const folder = resolve(dirname(file));
  const standing = await standingFolder(folder);
  const [probe, twin] = [`${file}.${randomUUID()}.tmp`, `${file}.${randomUUID()}.tmp`];
  try {
    await makeFolder(folder);
    await (await open(probe, 'wx')).close();
    if (!force) await link(probe, twin);
  } catch (cause) {
    throw fitWriteError(file, cause);
  } finally {
    for (const one of [probe, twin]) await unlink(one).catch(() => undefined);
    await removeEmpty(folder, standing);
  }
}

/** The nearest folder above that exists, or itself. */
async function standingFolder(folder: string): Promise<string> {
  const there = await stat(folder).catch(() => null);
  return there || dirname(folder) === folder ? folder : standingFolder(dirname(folder));
}

/** Removes a folder and those above it up to one that stays, as far as they are empty. */
async function removeEmpty(folder: string, stays: string): Promise<void> {
  if (folder === stays) return;
  const removed = await rmdir(folder).then(
    () => true,
    () => false,
  );
  if (removed) await removeEmpty(dirname(folder), stays);
}

/** @throws RidgeError (exit 2) when a file is there and `force` is not set */
async function requireFreeFit(file: string, { force = false } = {}): Promise<void> {
  const there = await stat(file).catch(() => null);
  if (there?.isFile() === false) throw notAFile(file, there.isDirectory() ? 'folder' : 'device');
  if (there && !force) throw fileIsThere(file);
}

const notAFile = (file: string, what: string): RidgeError =>
  new RidgeError(`a ${what} is there`, {
    where: file,
    mend: 'Give another name with --out.',
  });

const fileIsThere = (file: string, cause?: unknown): RidgeError =>
  new RidgeError('a file is there already', {
    where: file,
    mend: 'Give another name with --out, or --force to write over it.',
    cause,
  });

/** What the user sees of a failed write: a file in the way, or what the disk said, in words. */
export function fitWriteError(file: string, cause: unknown): RidgeError {
  const { code, syscall } = cause as NodeJS.ErrnoException;
  if (code === 'EEXIST' && syscall !== 'mkdir') {
    return fileIsThere(file, cause);
  }
  if (code === 'EISDIR') {
    return new RidgeError('a folder is there', { where: file, mend: 'Give another name with --out.', cause });
  }
  return new RidgeError(writeError(file, cause).message, {
    where: file,
    exitCode: EXIT.failed,
    mend: 'The runs are untouched. Free space or fix the permissions, or give another place with --out.',
    cause,
  });
}
