import { unlink, writeFile } from 'node:fs/promises';
import { EXIT, RidgeError } from '../errors.ts';
import { writeError } from '../run/write-file.ts';
import { newKey } from './sign.ts';

/**
 * Makes an Ed25519 key and writes its halves: the private one, which only its owner may read, and beside it the public one
 * with the ending `.pub`. Neither is written over a file that is there.
 * @throws RidgeError (exit 2) when a file is in the way; (exit 3) when the disk refuses
 */
export async function writeNewKey(file: string): Promise<{ publicFile: string; fingerprint: string }> {
  const { privatePem, publicPem, fingerprint } = newKey();
  const publicFile = `${file}.pub`;
  await writeNew(publicFile, publicPem, 0o644);
  try {
    await writeNew(file, privatePem, 0o600);
  } catch (error) {
    await unlink(publicFile);
    throw error;
  }
  return { publicFile, fingerprint };
}

async function writeNew(file: string, text: string, mode: number): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx', mode });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const mend = 'Give another name to --new-key.';
    if (code === 'EEXIST') throw new RidgeError('a file is there already', { where: file, mend, cause });
    if (code === 'ENOENT') throw new RidgeError('no such folder', { where: file, mend, cause });
    throw new RidgeError(writeError(file, cause).message, {
      where: file,
      exitCode: EXIT.failed,
      mend,
      cause,
    });
  }
}
