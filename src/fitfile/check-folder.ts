import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FileProblem } from '../run/check-file.ts';
import { RUN_FILE } from '../run/read-run.ts';
import { readUserFile } from '../suite/load-file.ts';
import { checkFitText } from './check-fit.ts';
import { checkDeviceText } from './device-check.ts';
import { staleProblem } from './device-stale.ts';
import { INDEX_FILE, indexDevice, listDevices, listFits } from './index-file.ts';
import { indexProblems } from './index-file-check.ts';
import type { IndexDevice } from './index-file-schema.ts';
import type { Fit } from './schema.ts';
import type { SignatureState } from './sign.ts';

export interface CheckedFile {
  readonly path: string;
  readonly kind: 'fit' | 'device' | 'index';
  readonly problems: readonly FileProblem[];
  readonly summary: string;
  readonly signature?: SignatureState | null;
}

/** A folder with an index of fits, or one that has fits and is no run. */
export const isFitFolder = async (folder: string): Promise<boolean> =>
  !existsSync(join(folder, RUN_FILE)) &&
  (existsSync(join(folder, INDEX_FILE)) || (await listFits(folder)).length > 0);

/**
 * Checks every fit and device file under a folder (also whether it is of these fits), and its index. A folder of fits that lie where `ridge publish` puts them needs an
 * index; one of files that `ridge fit` wrote has none.
 * @throws RidgeError (exit 2) when a file cannot be read
 */
export async function checkFitFolder(folder: string, publicKey?: KeyObject): Promise<CheckedFile[]> {
  const index = join(folder, INDEX_FILE);
  const hasIndex = existsSync(index);
  const checks: CheckedFile[] = [];
  const fits = new Map<string, Fit | null>();
  for (const place of await listFits(folder)) {
    const path = join(folder, place);
    const published = isPublishedPlace(place);
    const { fit, ...check } = checkFitText(await readUserFile(path, 'fit file'), path, {
      publicKey,
      published,
    });
    fits.set(place, fit);
    checks.push({ path, kind: 'fit', ...check });
  }
  const devices: IndexDevice[] = [];
  const whole = [...fits.values()].filter((fit) => fit !== null);
  for (const place of await listDevices(folder)) {
    const path = join(folder, place);
    const { device, ...check } = checkDeviceText(await readUserFile(path, 'device file'), path);
    if (device) devices.push(indexDevice(place, device));
    const stale = device && staleProblem(device, whole, path, folder);
    checks.push({ path, kind: 'device', ...check, problems: [...check.problems, ...(stale ? [stale] : [])] });
  }
  if (hasIndex) {
    const problems = indexProblems(await readUserFile(index, 'index of fits'), index, fits, devices);
    checks.push({ path: index, kind: 'index', problems, summary: `fits listed: ${fits.size}` });
  } else if ([...fits.keys()].some(isPublishedPlace)) {
    const mend = 'ridge publish of any fit makes it anew from the files.';
    checks.push({
      path: index,
      kind: 'index',
      problems: [{ where: index, message: 'published fits have no index', mend }],
      summary: '',
    });
  }
  return checks;
}

/** `accelerator/model/name.fit.json` */
const isPublishedPlace = (place: string): boolean => place.split('/').length === 3;
