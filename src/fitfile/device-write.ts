import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RidgeError } from '../errors.ts';
import { writeError } from '../run/write-file.ts';
import { canonicalJson } from '../stats/canonical-json.ts';
import { buildDevice } from './device-build.ts';
import { DEVICE_FILE } from './device-read.ts';
import { ANY_DEVICE, type Device } from './device-schema.ts';
import { familyFits } from './family.ts';
import { listFits } from './index-file.ts';
import { writeIndex } from './index-file-write.ts';
import { parseFit } from './parse.ts';

/**
 * Makes `ACCELERATOR/device.json` of every real device among the fits of a folder, and `any/device.json`, anew; no measurements are
 * needed, but a good fit file of each. The index follows.
 * @param onDevice told of each file once it is written
 * @throws RidgeError (exit 2) when a fit is damaged or there is none of a real device; (exit 3) when the disk refuses
 */
export async function writeDevices(folder: string, onDevice: (device: Device) => void): Promise<void> {
  const fits = await Promise.all(
    (await listFits(folder)).map(async (path) =>
      parseFit(await readFile(join(folder, path), 'utf8'), join(folder, path)),
    ),
  );
  const real = familyFits(fits, null);
  if (real.length === 0) {
    throw new RidgeError('no fit of a real server here', {
      where: folder,
      mend: 'Publish one first: ridge publish FIT --to FOLDER.',
    });
  }
  const devices = [
    ...new Set(fits.filter(({ simulated }) => !simulated).map(({ accelerator }) => accelerator.id)),
  ];
  for (const accelerator of [...devices.sort(), ANY_DEVICE]) {
    const device = buildDevice(fits, accelerator);
    const file = join(folder, accelerator, DEVICE_FILE);
    try {
      await mkdir(join(folder, accelerator), { recursive: true });
      await writeFile(file, `${canonicalJson(device)}\n`);
    } catch (cause) {
      throw writeError(file, cause);
    }
    onDevice(device);
  }
  await writeIndex(folder);
}
