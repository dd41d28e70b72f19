import { join } from 'node:path';
import { RidgeError } from '../errors.ts';
import { counted } from '../plural.ts';
import { readYaml } from '../suite/load-file.ts';
import { suiteFrom } from '../suite/load-suite.ts';
import { findProblems } from '../suite/problems.ts';
import { labSchema, suiteSchema } from '../suite/schema.ts';
import { labFrom } from '../suite/targets.ts';
import type { YamlSource } from '../suite/yaml-source.ts';
import { implausible } from './check-cells.ts';
import { distinctCells } from './distinct-cells.ts';
import { describe } from './lane.ts';
import { CELLS_FILE, readRequests, readRun, readSteps } from './read-run.ts';
import { reasonsText } from './reasons-text.ts';
import type { CellRecord, Run } from './schema.ts';

export interface FileProblem {
  readonly where: string;
  readonly message: string;
  readonly mend: string | null;
}

export interface FileCheck {
  readonly path: string;
  /** `unknown`: it is none of ridge's files. */
  readonly kind: 'suite' | 'lab' | 'run' | 'unknown';
  readonly problems: readonly FileProblem[];
  /** What a good file holds, in a few words. */
  readonly summary: string;
  /** Of a run: why cells are not valid. */
  readonly reasons?: readonly string[];
}

/**
 * Checks one suite file, lab file or run folder; everything that is wrong is listed.
 * @throws RidgeError (exit 2) when it cannot be read
 */
export async function checkFile(place: { path: string; isRun: boolean }): Promise<FileCheck> {
  return place.isRun ? checkRun(place.path) : checkYaml(place.path);
}

async function checkYaml(path: string): Promise<FileCheck> {
  let source: YamlSource;
  try {
    source = await readYaml(path, 'suite file, lab file or run');
  } catch (error) {
    // A file that is there but is no YAML is wrong; one that is not there is bad usage.
    if (error instanceof RidgeError && error.cause === undefined) return broken(path, 'suite', error);
    throw error;
  }
  const stranger = strangeYaml(source);
  if (stranger) return stranger;
  const isLab = typeof source.value === 'object' && source.value !== null && 'targets' in source.value;
  const kind = isLab ? 'lab' : 'suite';
  const problems = findProblems(isLab ? labSchema : suiteSchema, source);
  if (problems.length > 0) {
    return {
      path,
      kind,
      summary: '',
      problems: problems.map(({ where, message, mend = null }) => ({ where, message, mend })),
    };
  }
  try {
    const summary = isLab
      ? counted(labFrom(source).length, 'target')
      : `${counted(suiteFrom(source).points.length, 'point')} of the grid`;
    return { path, kind, problems: [], summary };
  } catch (error) {
    return broken(path, kind, error);
  }
}

/** Keys of which every suite or lab file has one, also a half-written one. */
const OWN_KEYS = ['schema_version', 'grid', 'targets'];

function strangeYaml({ file, value }: YamlSource): FileCheck | null {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  if (OWN_KEYS.some((key) => keys.includes(key))) return null;
  const what = value === null ? 'the file is empty: ' : '';
  return notOurs(file, `${what}neither a suite (grid) nor a lab file (targets)`);
}

/** A file that is none of ridge's, with what it is not. */
export function notOurs(path: string, message: string): FileCheck {
  const mend = 'ridge check reads suite and lab files (YAML), folders of runs, and fit files (.json).';
  return { path, kind: 'unknown', problems: [{ where: path, message, mend }], summary: '' };
}

async function checkRun(path: string): Promise<FileCheck> {
  try {
    const { run, records, warnings, torn } = await readRun(path);
    const problems: FileProblem[] = warnings.map((message) => ({ where: path, message, mend: null }));
    if (torn !== '') {
      const mend = `ridge run --resume ${path} keeps it aside and goes on.`;
      problems.push({ where: path, message: 'the last line of cells.jsonl is cut off', mend });
    }
    if (records.length === 0) problems.push(noCell(path, run));
    for (const record of records) {
      problems.push(...cellProblems(path, record, run));
      await readRequests(path, record).catch((error) => problems.push(problemOf(path, error)));
      await readSteps(path, record).catch((error) => problems.push(problemOf(path, error)));
    }
    const summary = `${sizeText(run, records)} on ${counted(run.targets.length, 'target')}`;
    return { path, kind: 'run', problems, summary, reasons: reasonsText(records) };
  } catch (error) {
    if (error instanceof RidgeError && error.message === 'no run here') throw error;
    return broken(path, 'run', error);
  }
}

/** Of an imported run, in which a row is a repeat, both are told apart. */
const sizeText = ({ imported }: Run, records: readonly CellRecord[]): string =>
  imported === null
    ? counted(records.length, 'finished cell')
    : `${counted(distinctCells(records), 'cell')} (${counted(records.length, 'row')})`;

/** A run that was stopped before its first cell was finished has nothing to fit. */
const noCell = (path: string, { imported }: Run): FileProblem => ({
  where: join(path, CELLS_FILE),
  message: 'the run has no finished cell',
  mend: imported === null ? `ridge run --resume ${path} measures them.` : 'Import the file again.',
});

const cellProblems = (path: string, record: CellRecord, run: Run): FileProblem[] =>
  implausible(record, run).map((message) => ({
    where: join(path, CELLS_FILE),
    message: `${record.target}: ${describe(record.cell)}: ${message}`,
    mend: 'The line was changed, or its source is wrong: measure or import it again.',
  }));

const broken = (path: string, kind: FileCheck['kind'], error: unknown): FileCheck => ({
  path,
  kind,
  problems: [problemOf(path, error)],
  summary: '',
});

function problemOf(path: string, error: unknown): FileProblem {
  if (!(error instanceof RidgeError)) throw error;
  return { where: error.where ?? path, message: error.message, mend: error.mend ?? null };
}
