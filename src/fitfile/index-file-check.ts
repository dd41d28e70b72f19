import { isDeepStrictEqual } from 'node:util';
import { RidgeError } from '../errors.ts';
import type { FileProblem } from '../run/check-file.ts';
import { indexEntry, parseIndex } from './index-file.ts';
import type { IndexDevice, IndexEntry } from './index-file-schema.ts';
import type { Fit } from './schema.ts';

const MEND = 'ridge publish of any fit makes the index anew from the files.';

/**
 * Compares an index with the fits that are really there: entries without a file, files without an entry, and entries that
 * say something else than their file.
 * @param fits by path; null for a file that is damaged, of which only the entry's being there counts
 * @param devices what the index has to say of the device files
 */
export function indexProblems(
  text: string,
  where: string,
  fits: ReadonlyMap<string, Fit | null>,
  devices: readonly IndexDevice[] = [],
): FileProblem[] {
  let entries: readonly IndexEntry[];
  let listedDevices: readonly IndexDevice[];
  try {
    ({ fits: entries, devices: listedDevices = [] } = parseIndex(text, where));
  } catch (error) {
    if (!(error instanceof RidgeError)) throw error;
    return [{ where, message: error.message, mend: error.mend ?? null }];
  }
  const problem = (message: string): FileProblem => ({ where, message, mend: MEND });
  const listed = new Set(entries.map(({ path }) => path));
  return [
    ...entries.flatMap((entry) => {
      const fit = fits.get(entry.path);
      if (fit === undefined) return [problem(`${entry.path} is listed but not there`)];
      return fit === null || isDeepStrictEqual(entry, indexEntry(entry.path, fit))
        ? []
        : [problem(`the entry of ${entry.path} is stale: ${staleKeys(entry, fit)}`)];
    }),
    ...[...fits].flatMap(([path, fit]) =>
      fit === null || listed.has(path) ? [] : [problem(`${path} is not listed`)],
    ),
    ...(isDeepStrictEqual(listedDevices, devices) ? [] : [problem('the device files are not those listed')]),
    ...(listed.size < entries.length ? [problem('a fit is listed twice')] : []),
    ...(isSorted(entries) ? [] : [problem('the entries are not sorted by path')]),
  ];
}

function staleKeys(entry: IndexEntry, fit: Fit): string {
  const now = indexEntry(entry.path, fit);
  const keys = Object.keys(now) as (keyof IndexEntry)[];
  return keys.filter((key) => !isDeepStrictEqual(entry[key], now[key])).join(', ');
}

const isSorted = (entries: readonly IndexEntry[]): boolean =>
  entries.every((entry, index) => index === 0 || entries[index - 1]!.path <= entry.path);
