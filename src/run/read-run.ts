import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { RidgeError } from '../errors.ts';
import type { EngineSteps } from '../measure/steps/step-columns.ts';
import { decodeSteps } from '../measure/steps/steps-codec.ts';
import type { RequestTimeline } from '../measure/timeline.ts';
import { decodeTimeline } from '../measure/timeline-codec.ts';
import { type CellLines, parseCellLines } from './cell-lines.ts';
import { type CellRecord, RUN_SCHEMA_VERSION, type Run, requestLineSchema, runSchema } from './schema.ts';
import { stepColumnsSchema } from './steps-schema.ts';

export const RUN_FILE = 'run.json';
export const CELLS_FILE = 'cells.jsonl';
/** What a run that searches the highest loads has found. */
export const SEARCHES_FILE = 'find-max.json';
const REQUESTS_FILE = /^requests\/[A-Za-z0-9][A-Za-z0-9._-]*\.jsonl\.gz$/;
const STEPS_FILE = /^steps\/[A-Za-z0-9][A-Za-z0-9._-]*\.json\.gz$/;
const LARGEST_FILE_BYTES = 2 ** 30;

/** A run record as it stands on disk. */
export interface RunRecord extends CellLines {
  readonly folder: string;
  readonly run: Run;
}

/**
 * Reads a run's folder.
 * @throws RidgeError (exit 2) when it is no run, is damaged, or was written by a newer major version
 */
export async function readRun(folder: string): Promise<RunRecord> {
  const run = parseRun(await readText(join(folder, RUN_FILE)), join(folder, RUN_FILE));
  const cells = await readFile(join(folder, CELLS_FILE), 'utf8').catch(missingIsEmpty);
  return { folder, run, ...parseCellLines(cells, join(folder, CELLS_FILE)) };
}

function missingIsEmpty(cause: NodeJS.ErrnoException): string {
  if (cause.code === 'ENOENT') return '';
  throw cause;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new RidgeError('no run here', {
      where: file,
      mend: 'Give the folder of a run, for example runs/ID.',
      cause,
    });
  }
}

/** Parses the text of a `run.json`, see `readRun`. */
export function parseRun(text: string, file: string): Run {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new RidgeError('not JSON: the file is truncated or damaged', { where: file, cause });
  }
  const version = (json as { schema_version?: unknown } | null)?.schema_version;
  if (typeof version === 'number' && version > RUN_SCHEMA_VERSION) {
    throw new RidgeError(
      `written by a newer ridge (run record version ${version}, this one reads ${RUN_SCHEMA_VERSION})`,
      {
        where: file,
        mend: 'Update ridgepoint to read it.',
      },
    );
  }
  const parsed = runSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RidgeError(`not a run record: ${issue?.path.join('.') || 'file'}: ${issue?.message}`, {
    where: file,
  });
}

/**
 * Every request's timeline of a finished cell, as it was stored.
 * @throws RidgeError (exit 2) when the file is missing, damaged, or its name leads out of the run's folder
 */
export async function readRequests(
  folder: string,
  record: Pick<CellRecord, 'requests_file'>,
): Promise<RequestTimeline[]> {
  if (record.requests_file === null) return [];
  if (!REQUESTS_FILE.test(record.requests_file)) {
    throw new RidgeError(`'${record.requests_file}' is not a file of requests/`, { where: folder });
  }
  return readPacked(join(folder, record.requests_file), 'request timelines', (text) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => decodeTimeline(requestLineSchema.parse(JSON.parse(line)))),
  );
}

/**
 * The engine's steps of a finished cell, as its stamps showed them; null where none were stored. Whether they may be used
 * one by one says `record.steps.resolved`.
 * @throws RidgeError (exit 2) when the file is missing, damaged, or its name leads out of the run's folder
 */
export async function readSteps(
  folder: string,
  record: Pick<CellRecord, 'steps_file'>,
): Promise<EngineSteps | null> {
  const { steps_file: name = null } = record;
  if (name === null) return null;
  if (!STEPS_FILE.test(name)) {
    throw new RidgeError(`'${name}' is not a file of steps/`, { where: folder });
  }
  return readPacked(join(folder, name), 'engine steps', (text) =>
    decodeSteps(stepColumnsSchema.parse(JSON.parse(text))),
  );
}

async function readPacked<T>(file: string, what: string, parse: (text: string) => T): Promise<T> {
  try {
    const packed = await readFile(file);
    const text = await promisify(gunzip)(packed, { maxOutputLength: LARGEST_FILE_BYTES });
    return parse(text.toString('utf8'));
  } catch (cause) {
    throw new RidgeError(`${what} cannot be read: missing or damaged`, { where: file, cause });
  }
}
