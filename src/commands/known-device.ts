import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Accelerator } from '../accelerator/accelerator.ts';
import { allAccelerators, findAccelerator } from '../accelerator/catalogue.ts';
import { RidgeError } from '../errors.ts';
import { devicePadding } from '../fitfile/device-padding.ts';
import { DEVICE_FILE, isDevice, parseDevice, readDevice } from '../fitfile/device-read.ts';
import { ANY_DEVICE, type Device } from '../fitfile/device-schema.ts';
import { parseFit } from '../fitfile/parse.ts';
import type { Fit } from '../fitfile/schema.ts';
import type { UnmeasuredServer } from '../predict/predict-unmeasured.ts';
import { readUserFile } from '../suite/load-file.ts';
import { jsonOf } from './model-flag.ts';
import { PUBLISHED_FITS, publishedDevice, readFits } from './published-fits.ts';

/** What `ridge predict --model` and `--cells` were given beside the shape. */
export interface UnmeasuredFlags {
  /** A fit of another model, or a device file. */
  readonly file: string | undefined;
  readonly accelerator?: string | undefined;
  /** Needed without `cells`, whose run says it. */
  readonly model?: string | undefined;
  readonly precision?: string | undefined;
  readonly engine?: string | undefined;
  /** Runs with the server's first cells. */
  readonly cells?: readonly string[] | undefined;
  readonly json: boolean;
}

export interface KnownDevice {
  readonly device: Device;
  readonly accelerator: Accelerator;
  readonly engine: string | null;
  /** The folder with fits of the device. */
  readonly fitsFolder: string;
  /** The fit that was named. */
  readonly fit?: Fit;
}

/** What engines are taken for where nobody says. */
export const USUAL_ENGINE = 'vllm';

/**
 * The device that a model without a fit is asked on: of a device file, of another model's fit, or of the catalogue.
 * @throws RidgeError (exit 2) when nothing names one, or a file and a flag name two
 */
export async function knownDevice({
  file,
  accelerator: name,
}: Pick<UnmeasuredFlags, 'file' | 'accelerator'>): Promise<KnownDevice> {
  if (file !== undefined && name === undefined && isDeviceName(file)) {
    return knownDevice({ file: undefined, accelerator: file });
  }
  const named = name === undefined ? null : findAccelerator(name);
  if (file === undefined) {
    if (named === null) {
      throw new RidgeError('--model needs a fit, a device file or --accelerator', {
        mend: 'See ridge predict --help.',
      });
    }
    const device = await publishedDevice(named.id);
    return { device, accelerator: named, engine: USUAL_ENGINE, fitsFolder: shippedFolder(named) };
  }
  const text = await readUserFile(file, 'fit file');
  if (isDevice(jsonOf(text))) {
    const device = parseDevice(text, file);
    const accelerator =
      named ?? (device.accelerator === ANY_DEVICE ? null : findAccelerator(device.accelerator));
    if (accelerator !== null) return { device, accelerator, engine: USUAL_ENGINE, fitsFolder: dirname(file) };
    throw new RidgeError('which device?', {
      where: file,
      mend: 'Name one of the catalogue: --accelerator NAME.',
    });
  }
  const fit = parseFit(text, file);
  if (named !== null && named.id !== fit.accelerator.id) {
    throw new RidgeError(`the fit is of ${fit.accelerator.id}, not of ${named.id}`, {
      where: file,
      mend: 'Leave out the fit: ridge predict --accelerator NAME --model CONFIG.',
    });
  }
  const beside = join(dirname(file), '..', DEVICE_FILE);
  const { accelerator, engine } = fit;
  const known = { accelerator, engine: engine.name, fit };
  return existsSync(beside)
    ? { ...known, device: await readDevice(beside), fitsFolder: dirname(beside) }
    : { ...known, device: await publishedDevice(accelerator.id), fitsFolder: shippedFolder(accelerator) };
}

const shippedFolder = ({ id }: Accelerator): string => join(PUBLISHED_FITS, basename(id));

/** What servers of the device pad their steps to, as its fits say. */
export async function paddingThere(
  { fitsFolder, fit, accelerator }: KnownDevice,
  engine: string | null,
): Promise<UnmeasuredServer['padding']> {
  const lying = existsSync(fitsFolder) ? await readFits(fitsFolder) : [];
  const fits = [...new Map([...lying, ...(fit ? [fit] : [])].map((one) => [one.digest, one])).values()];
  return devicePadding(fits, accelerator.id, engine);
}

/** Whether it is the name of an accelerator of the catalogue, and no file. */
export const isDeviceName = (text: string): boolean =>
  !existsSync(text) && allAccelerators().some(({ id }) => id === text.toLowerCase());

/** Whether it names a device, or is a device file: what a model has to be named for. */
export const isDeviceOrName = async (text: string): Promise<boolean> =>
  isDeviceName(text) || (existsSync(text) && isDevice(jsonOf(await readUserFile(text, 'fit file'))));
