import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EXIT, RidgeError } from '../errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'nothing can be made in that place',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'disk quota exceeded',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EEXIST: 'a file stands in its place',
  ENOTDIR: 'a part of this path is a file, not a folder',
};

/** Turns a failed write into the line that the user sees; finished cells are on disk already. */
export function writeError(path: string, cause: unknown): RidgeError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  return new RidgeError(`cannot write: ${REASONS[code] ?? code}`, {
    where: path,
    exitCode: EXIT.failed,
    mend: 'Finished cells are kept. Free space or fix the permissions, then resume with ridge run --resume ID.',
    cause,
  });
}

const PLACE_MENDS: Readonly<Record<string, string>> = {
  EEXIST: 'Give another --out.',
  ENOTDIR: 'Give another --out.',
  ENAMETOOLONG: 'Give another --out.',
  EACCES: 'Fix the permissions, or give another --out.',
  EPERM: 'Fix the permissions, or give another --out.',
  EROFS: 'Give another --out.',
};

/**
 * The error of a new run's folder that cannot be made or written: nothing is measured yet, so there is nothing to resume.
 * A wrong place is bad usage (exit 2), a full disk is not (exit 3). Errors without a system's code come back as they are.
 */
export function placeError(folder: string, error: unknown): unknown {
  const cause = error instanceof RidgeError ? error.cause : error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (code === undefined) return error;
  const mend = PLACE_MENDS[code];
  return new RidgeError(`no run can be written here: ${REASONS[code] ?? code}`, {
    where: folder,
    exitCode: mend ? EXIT.usage : EXIT.failed,
    mend: mend ?? 'Free space, or give another --out.',
    cause,
  });
}

/** Runs a write and names the file when it fails. */
export async function writing<Result>(path: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (cause) {
    throw cause instanceof RidgeError ? cause : writeError(path, cause);
  }
}

/** Makes a rename or a new file in this folder last through a power cut, where the platform can. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** Replaces a file in one step: a reader sees the old content or the new, never a part. */
export async function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
  await writing(path, async () => {
    const temporary = `${path}.tmp`;
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  });
}

/** Appends text and waits until it is on the disk. */
export async function appendDurably(path: string, text: string): Promise<void> {
  await writing(path, async () => {
    const handle = await open(path, 'a');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}
