import { RidgeError } from '../errors.ts';
import { digestOf } from '../suite/digest.ts';
import { FIT_SCHEMA_VERSION, type Fit, fitSchema } from './schema.ts';

const major = (version: string): number => Number.parseInt(version, 10);

/** Digest of a fit file's content: over everything but the digest itself and a signature. */
export function fitDigest(content: object): string {
  const { digest: _digest, signature: _signature, ...rest } = content as Record<string, unknown>;
  return digestOf(rest);
}

/** Far above any fit file; what is larger is none, and is not worth its memory. */
const LARGEST_FILE_CHARACTERS = 64 * 2 ** 20;

/**
 * Parses and checks the text of a fit file.
 * @param where file name for messages
 * @throws RidgeError (exit 2) when it is truncated, no fit, of a newer major version, or does not match its digest
 */
export function parseFit(text: string, where: string): Fit {
  if (text.length > LARGEST_FILE_CHARACTERS) {
    throw new RidgeError(`not a fit file: ${text.length} characters are more than any has`, { where });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new RidgeError('not JSON: the file is truncated or damaged', { where, cause });
  }
  const content = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  const { schema_version: version } = content;
  if (typeof version === 'string' && major(version) > major(FIT_SCHEMA_VERSION)) {
    throw new RidgeError(
      `fit file of version ${version}: this ridge reads up to ${major(FIT_SCHEMA_VERSION)}.x`,
      { where, mend: 'Update ridgepoint.' },
    );
  }
  const parsed = fitSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new RidgeError(`not a fit file: ${issue?.path.join('.') || 'file'}: ${issue?.message}`, { where });
  }
  const expected = digestOrDepth(content, where);
  if (content.digest !== expected) {
    throw new RidgeError(`the content does not match its digest (${expected})`, {
      where,
      mend: 'The file was edited or damaged after it was written; fit again or fetch it again.',
    });
  }
  return parsed.data;
}

/** A stranger's file may be nested deeper than the stack. */
function digestOrDepth(content: object, where: string): string {
  try {
    return fitDigest(content);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RidgeError('not a fit file: nested too deeply', { where, cause });
  }
}
