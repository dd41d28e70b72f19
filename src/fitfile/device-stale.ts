import type { FileProblem } from '../run/check-file.ts';
import { ANY_DEVICE, type Device } from './device-schema.ts';
import { familyFits } from './family.ts';
import type { Fit } from './schema.ts';

/** Of each, so many are named. */
const NAMED = 3;

/**
 * Whether a device file was made from the fits that lie beside it: a fit that is new, gone or other than it was makes it stale.
 * @param fits all of the folder
 */
export function staleProblem(
  device: Device,
  fits: readonly Fit[],
  where: string,
  folder: string,
): FileProblem | null {
  const { accelerator } = device;
  const now = familyFits(fits, accelerator === ANY_DEVICE ? null : accelerator);
  const before = new Map(device.fits.map(({ id, digest }) => [digest, id]));
  const after = new Map(now.map(({ id, digest }) => [digest, id]));
  const gone = [...before].filter(([digest]) => !after.has(digest)).map(([, id]) => id);
  const fresh = [...after].filter(([digest]) => !before.has(digest)).map(([, id]) => id);
  const changed = fresh.filter((id) => gone.includes(id));
  const parts = [
    named('changed', changed),
    named(
      'new',
      fresh.filter((id) => !changed.includes(id)),
    ),
    named(
      'gone',
      gone.filter((id) => !changed.includes(id)),
    ),
  ].filter((part) => part !== '');
  if (parts.length === 0) return null;
  return {
    where,
    message: `stale: made from other fits than lie here; ${parts.join('; ')}`,
    mend: `ridge publish --devices --to ${folder} makes the device files anew.`,
  };
}

function named(what: string, ids: readonly string[]): string {
  if (ids.length === 0) return '';
  const rest = ids.length > NAMED ? ` and ${ids.length - NAMED} more` : '';
  return `${what}: ${ids.slice(0, NAMED).join(', ')}${rest}`;
}
