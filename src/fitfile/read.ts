import { readFile } from 'node:fs/promises';
import { RidgeError } from '../errors.ts';
import { parseFit } from './parse.ts';
import type { Fit } from './schema.ts';

/**
 * Reads and checks a fit file.
 * @throws RidgeError (exit 2), see `parseFit`; also when the file is missing
 */
export async function readFit(file: string): Promise<Fit> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new RidgeError('no fit file here', {
      where: file,
      mend: 'Give the path of a file that ridge fit wrote.',
      cause,
    });
  }
  return parseFit(text, file);
}
