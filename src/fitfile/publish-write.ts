import { readFile } from 'node:fs/promises';
import { RidgeError } from '../errors.ts';
import { parseFit } from './parse.ts';
import type { Publication } from './publish.ts';
import type { Fit } from './schema.ts';
import { writeFit } from './write.ts';

/**
 * What publishing did to the file: `unchanged` where the same content was there, `signed` where only its signature is new,
 * `replaced` where `force` put it in the place of another.
 */
export type PublishOutcome = 'written' | 'unchanged' | 'signed' | 'replaced';

/** What publishing would do to the file, and why it would not. */
export type PublishPlan =
  | { readonly outcome: PublishOutcome; readonly refusal: null }
  | { readonly outcome: null; readonly refusal: string };

/** Compares a publication with the file that stands in its place. */
export async function planPublication({ file, fit }: Publication, force: boolean): Promise<PublishPlan> {
  const existing = await existingFit(file);
  if (existing === null) return { outcome: 'written', refusal: null };
  const differs = difference(existing, fit);
  if (differs === null) return { outcome: outcomeOfSame(existing as Fit, fit), refusal: null };
  return force ? { outcome: 'replaced', refusal: null } : { outcome: null, refusal: differs };
}

/**
 * Writes a publication in one step.
 * @throws RidgeError (exit 2) when another fit is published there and `force` is not set; (exit 3) when the disk refuses
 */
export async function writePublication(publication: Publication, force: boolean): Promise<PublishOutcome> {
  const { file, fit } = publication;
  const { outcome, refusal } = await planPublication(publication, force);
  if (outcome === null) {
    throw new RidgeError(refusal, {
      where: file,
      mend: 'Publish into another folder with --to, or write over it with --force.',
    });
  }
  if (outcome === 'unchanged') return outcome;
  try {
    await writeFit(file, fit, { force: outcome !== 'written' });
  } catch (error) {
    if (!(error instanceof RidgeError)) throw error;
    const { message, where = file, exitCode, cause } = error;
    throw new RidgeError(message, {
      where,
      exitCode,
      mend: 'Fix this, or publish into another folder with --to.',
      cause,
    });
  }
  return outcome;
}

/** Null when nothing is there, `damaged` when it is no fit file. */
async function existingFit(file: string): Promise<Fit | 'damaged' | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    return 'damaged';
  }
  try {
    return parseFit(text, file);
  } catch {
    return 'damaged';
  }
}

/** Why the new file must not simply take the old one's place; null when both say the same. */
function difference(existing: Fit | 'damaged', fit: Fit): string | null {
  if (existing === 'damaged') return 'something else is there, or a fit file that is damaged';
  if (existing.digest !== fit.digest)
    return `a fit with other content is published there (of ${existing.created_at})`;
  const [old, mine] = [existing.signature, fit.signature];
  return old && mine && old.public_key !== mine.public_key ? 'it is published, signed by another key' : null;
}

/** A file that is signed is not written over by the same content without a signature. */
const outcomeOfSame = (existing: Fit, fit: Fit): PublishOutcome =>
  fit.signature === undefined || existing.signature?.value === fit.signature.value ? 'unchanged' : 'signed';
