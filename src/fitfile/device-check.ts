import { RidgeError } from '../errors.ts';
import { counted } from '../plural.ts';
import type { FileProblem } from '../run/check-file.ts';
import { parseDevice } from './device-read.ts';
import type { Device } from './device-schema.ts';

export interface CheckedDevice {
  /** Null when the file is no device file. */
  readonly device: Device | null;
  readonly problems: readonly FileProblem[];
  readonly summary: string;
}

/** Checks a device file: schema, digest, and that its vectors and matrices have the length that they say. */
export function checkDeviceText(text: string, where: string): CheckedDevice {
  let device: Device;
  try {
    device = parseDevice(text, where);
  } catch (error) {
    if (!(error instanceof RidgeError)) throw error;
    const problem = { where: error.where ?? where, message: error.message, mend: error.mend ?? null };
    return { device: null, problems: [problem], summary: '' };
  }
  const size = device.coordinates.length;
  const isWhole = device.servers.every(
    ({ centre, covariance }) =>
      centre.length === size &&
      covariance.length === size &&
      covariance.every((row, i) => row.length === size && row[i]! > 0),
  );
  const message = 'a server has not one value and one variance above 0 for each coordinate';
  return {
    device,
    problems: isWhole ? [] : [{ where, message, mend: 'Fetch it again from its publisher.' }],
    summary: `models without a fit on ${device.accelerator}, from ${counted(device.fits.length, 'fit')}, ${device.left_out.length} of them left out in turn`,
  };
}
