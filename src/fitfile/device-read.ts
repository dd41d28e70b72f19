import { readFile } from 'node:fs/promises';
import { RidgeError } from '../errors.ts';
import { DEVICE_SCHEMA_VERSION, type Device, deviceSchema } from './device-schema.ts';
import { fitDigest } from './parse.ts';

export const DEVICE_FILE = 'device.json';

/** Whether JSON says that it is a device file. */
export const isDevice = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && 'kind' in json && json.kind === 'ridgepoint_device';

/**
 * Parses and checks a device file.
 * @throws RidgeError (exit 2) when it is truncated, none, of a newer version, or does not match its digest
 */
export function parseDevice(text: string, where: string): Device {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new RidgeError('not JSON: the file is truncated or damaged', { where, cause });
  }
  const { schema_version: version } = (json ?? {}) as { schema_version?: unknown };
  if (typeof version === 'number' && version > DEVICE_SCHEMA_VERSION) {
    throw new RidgeError(
      `device file of version ${version}: this ridge reads up to ${DEVICE_SCHEMA_VERSION}`,
      {
        where,
        mend: 'Update ridgepoint.',
      },
    );
  }
  const parsed = deviceSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new RidgeError(`not a device file: ${issue?.path.join('.') || 'file'}: ${issue?.message}`, {
      where,
    });
  }
  const expected = fitDigest(json as object);
  if (parsed.data.digest !== expected) {
    throw new RidgeError(`the content does not match its digest (${expected})`, {
      where,
      mend: 'The file was edited or damaged after it was written; fetch it again.',
    });
  }
  return parsed.data;
}

/**
 * Reads and checks a device file.
 * @throws RidgeError (exit 2), see `parseDevice`; also when the file is missing
 */
export async function readDevice(file: string): Promise<Device> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new RidgeError('no device file here', { where: file, cause });
  });
  return parseDevice(text, file);
}
