import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { EXIT, RidgeError } from '../errors.ts';
import { type Calibration, calibrationFileSchema, type HostCalibration } from '../run/schema.ts';
import { calibrationOf, withCalibration } from './host-calibration.ts';

/** Where a host keeps its calibrations: in `XDG_CACHE_HOME`, else in `~/.cache`. */
export function calibrationPlace(environment: NodeJS.ProcessEnv = process.env): string {
  const { XDG_CACHE_HOME = '' } = environment;
  const caches = isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homedir(), '.cache');
  return join(caches, 'ridgepoint', 'calibration.json');
}

/**
 * The calibrations in a file; none where there is no file.
 * @throws RidgeError (exit 2) when it is no such file, or of a newer version
 */
export function readCalibrations(file: string): readonly Calibration[] {
  const text = readIfThere(file);
  if (text === null) return [];
  const parsed = calibrationFileSchema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data.calibrations;
  throw new RidgeError('this is no file of calibrations that this version can read', {
    where: file,
    mend: 'Move it away and run ridge calibrate.',
  });
}

/** What is known of this host's client. Never fails: a file that cannot be read counts as a stale calibration. */
export function readHostCalibration(host: Calibration['host'], file = calibrationPlace()): HostCalibration {
  try {
    return calibrationOf(readCalibrations(file), host);
  } catch (error) {
    if (!(error instanceof RidgeError)) throw error;
    return { state: 'stale', calibrated_at: null, why: error.toLines()[0]! };
  }
}

/**
 * Adds a calibration to a file, which is made where it is missing; a reader sees the old content or the new.
 * @throws RidgeError (exit 2) as `readCalibrations`, (exit 3) when it cannot be written
 */
export async function saveCalibration(file: string, calibration: Calibration): Promise<void> {
  const calibrations = withCalibration(readCalibrations(file), calibration);
  const temporary = `${file}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, `${JSON.stringify({ schema_version: 1, calibrations }, null, 2)}\n`);
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError('the calibration cannot be saved', file, cause);
  }
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fileError('the calibrations cannot be read', file, cause);
  }
}

const fileError = (what: string, where: string, cause: unknown): RidgeError =>
  new RidgeError(`${what}: ${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}`, {
    where,
    exitCode: EXIT.failed,
    mend: 'Fix its permissions, or give another place with --out.',
    cause,
  });

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
