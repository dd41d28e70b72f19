import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { RidgeError } from '../errors.ts';
import { DEVICE_FILE } from './device-read.ts';
import type { Device } from './device-schema.ts';
import { usedCells } from './gates.ts';
import {
  type FitIndex,
  fitIndexSchema,
  INDEX_SCHEMA_VERSION,
  type IndexDevice,
  type IndexEntry,
} from './index-file-schema.ts';
import type { Fit } from './schema.ts';
import { fingerprintOf, keyOf } from './sign.ts';

export const INDEX_FILE = 'index.json';
export const FIT_ENDING = '.fit.json';

/** Paths of the fit files under a folder, from it, with slashes, sorted. Links are not followed. */
export async function listFits(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(FIT_ENDING))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** Paths of the device files under a folder, like `listFits`. */
export async function listDevices(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name === DEVICE_FILE)
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** What the index says of a device file. */
export const indexDevice = (path: string, { accelerator, digest, fits }: Device): IndexDevice => ({
  path,
  accelerator,
  digest,
  fits: fits.length,
});

/** What the index says of a fit. */
export function indexEntry(path: string, fit: Fit): IndexEntry {
  const { validation, model_card, accelerator, engine, range, signature } = fit;
  const key = signature && keyOf(signature);
  return {
    path,
    id: fit.id,
    accelerator: accelerator.id,
    ...(fit.simulated && { simulated: true as const }),
    model: model_card.id,
    precision: model_card.precision,
    engine: { name: engine.name, version: engine.version },
    created_at: fit.created_at,
    digest: fit.digest,
    signed_by: key ? fingerprintOf(key) : null,
    cells: usedCells(fit),
    errors_percent: {
      in_sample: meanErrors(validation.in_sample.errors),
      hold_out: validation.hold_out && meanErrors(validation.hold_out.errors),
      ...Object.fromEntries(
        validation.blocked.map(({ kind, errors }) => [`unseen_${kind}`, meanErrors(errors)]),
      ),
    },
    range: {
      input_tokens: range.input_tokens,
      output_tokens: range.output_tokens,
      concurrency: range.concurrency,
      tensor_parallel: range.tensor_parallel,
    },
    attribution: fit.published?.attribution ?? null,
  };
}

const meanErrors = ({
  scheduler: errors,
}: Fit['validation']['in_sample']['errors']): Record<string, number> =>
  Object.fromEntries(Object.entries(errors).map(([metric, { mape }]) => [metric, mape]));

/**
 * Parses an index.
 * @throws RidgeError (exit 2) when it is damaged or of a newer version
 */
export function parseIndex(text: string, where: string): FitIndex {
  const mend = 'ridge publish makes it anew from the fit files beside it.';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new RidgeError('not JSON: the index is truncated or damaged', { where, mend, cause });
  }
  const { schema_version: version } = (json ?? {}) as { schema_version?: unknown };
  if (typeof version === 'number' && version > INDEX_SCHEMA_VERSION) {
    throw new RidgeError(`index of version ${version}: this ridge reads up to ${INDEX_SCHEMA_VERSION}`, {
      where,
      mend: 'Update ridgepoint.',
    });
  }
  const parsed = fitIndexSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RidgeError(`no index of fits: ${issue?.path.join('.') || 'file'}: ${issue?.message}`, {
    where,
    mend,
  });
}
