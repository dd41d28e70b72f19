import { RidgeError } from '../errors.ts';
import { readYaml } from '../suite/load-file.ts';
import { suiteFrom } from '../suite/load-suite.ts';
import { findProblems } from '../suite/problems.ts';
import { labSchema, suiteSchema } from '../suite/schema.ts';
import { labFrom } from '../suite/targets.ts';
import type { YamlSource } from '../suite/yaml-source.ts';
import { readRequests, readRun } from './read-run.ts';

export interface FileProblem {
  readonly where: string;
  readonly message: string;
  readonly mend: string | null;
}

export interface FileCheck {
  readonly path: string;
  readonly kind: 'suite' | 'lab' | 'run';
  readonly problems: readonly FileProblem[];
  /** What a good file holds, in a few words. */
  readonly summary: string;
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
      ? `${labFrom(source).length} targets`
      : `${suiteFrom(source).points.length} points of the grid`;
    return { path, kind, problems: [], summary };
  } catch (error) {
    return broken(path, kind, error);
  }
}

async function checkRun(path: string): Promise<FileCheck> {
  try {
    const { run, records, warnings, torn } = await readRun(path);
    const problems: FileProblem[] = warnings.map((message) => ({ where: path, message, mend: null }));
    if (torn !== '') {
      const mend = `ridge run --resume ${path} keeps it aside and goes on.`;
      problems.push({ where: path, message: 'the last line of cells.jsonl is cut off', mend });
    }
    for (const record of records) {
      await readRequests(path, record).catch((error) => problems.push(problemOf(path, error)));
    }
    const summary = `${records.length} finished cells on ${run.targets.length} targets`;
    return { path, kind: 'run', problems, summary };
  } catch (error) {
    if (error instanceof RidgeError && error.message === 'no run here') throw error;
    return broken(path, 'run', error);
  }
}

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
