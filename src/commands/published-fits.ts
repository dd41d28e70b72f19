import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Accelerator } from '../accelerator/accelerator.ts';
import { bindCard } from '../accelerator/peaks.ts';
import { traitsOf } from '../fit/family/member.ts';
import { buildDevice } from '../fitfile/device-build.ts';
import { DEVICE_FILE, readDevice } from '../fitfile/device-read.ts';
import { ANY_DEVICE, type Device } from '../fitfile/device-schema.ts';
import { traitsOfFit } from '../fitfile/family.ts';
import { listFits } from '../fitfile/index-file.ts';
import { readFit } from '../fitfile/read.ts';
import type { Fit } from '../fitfile/schema.ts';
import type { ModelCard } from '../model/card.ts';

/** The fits that this package ships. */
export const PUBLISHED_FITS = fileURLToPath(new URL('../../fits', import.meta.url));

export const readFits = async (folder: string): Promise<Fit[]> =>
  Promise.all((await listFits(folder)).map((path) => readFit(join(folder, path))));

/** The shipped device file of an accelerator; of one that nobody measured, the one for any. */
export async function publishedDevice(accelerator: string): Promise<Device> {
  const own = join(PUBLISHED_FITS, basename(accelerator), DEVICE_FILE);
  return readDevice(existsSync(own) ? own : join(PUBLISHED_FITS, ANY_DEVICE, DEVICE_FILE));
}

/** What device files say to cells of a model, and whence. */
export interface UnseenDevice {
  readonly device: Device;
  /** The shipped file. */
  readonly file: Pick<Device, 'accelerator' | 'digest'>;
  /** Fits in it that are of the very model, and were left out. */
  readonly without: readonly string[];
}

/**
 * What the shipped fits say of an accelerator to cells of a model. Fits of that model are left out: the cells may be those that
 * they were made from, and would count twice.
 */
export async function unseenDevice(accelerator: Accelerator, card: ModelCard): Promise<UnseenDevice> {
  const file = await publishedDevice(accelerator.id);
  const fits = await readFits(PUBLISHED_FITS);
  const { model } = traitsOf(accelerator, '', bindCard(card, accelerator));
  const members = new Set(file.fits.map(({ id }) => id));
  const isOwn = (fit: Fit): boolean => traitsOfFit(fit).model === model;
  const without = fits.filter((fit) => isOwn(fit) && members.has(fit.id)).map(({ id }) => id);
  const others = fits.filter((fit) => !isOwn(fit));
  const device = without.length === 0 ? file : buildDevice(others, file.accelerator, { leaveOut: false });
  return { device, file, without };
}
