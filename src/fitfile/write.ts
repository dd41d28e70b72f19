import { randomUUID } from 'node:crypto';
import { link, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
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
 * Says no before a long fit to what `writeFit` would refuse after it.
 * @throws RidgeError (exit 2) when a file is there and `force` is not set
 */
export async function requireFreeFit(file: string, { force = false } = {}): Promise<void> {
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
