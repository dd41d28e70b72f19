import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { parseFit } from '../fitfile/parse.ts';
import { checkFile, type FileCheck, notOurs } from '../run/check-file.ts';
import { readUserFile } from '../suite/load-file.ts';

const help = `usage: ridge check FILE... [--json]

Checks suite files, lab files, runs (the folder or its run.json) and fit files (.json). Every problem is named with its
place, in YAML with file:line:column.

  --json   the findings as JSON on stdout

All files are checked, also where one is missing.

exit: 1 when a file is wrong, 2 when one cannot be read

Example:
  ridge check suites/*.yaml lab.yaml runs/2026-01-15T090000-demo runs/2026-01-15T090000-demo.fit.json`;

export const command: Command = {
  summary: 'check suite, lab, run and fit files',
  help,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { json: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    if (positionals.length === 0) {
      throw new RidgeError('which files?', { mend: 'For example ridge check suites/quick.yaml.' });
    }
    const checks: Check[] = [];
    for (const path of positionals)
      checks.push(await checkPath(path).catch((error) => unreadable(path, error)));
    if (values.json) console.log(JSON.stringify(checks, null, 2));
    else for (const check of checks) print(check);
    if (checks.some(({ kind }) => kind === 'unreadable')) return EXIT.usage;
    return checks.some(({ problems }) => problems.length > 0) ? EXIT.refused : EXIT.done;
  },
};

type Check = Omit<FileCheck, 'kind'> & { readonly kind: FileCheck['kind'] | 'fit' | 'unreadable' };

/** A file that is missing or cannot be read does not keep the others from being checked. */
function unreadable(path: string, error: unknown): Check {
  if (!(error instanceof RidgeError)) throw error;
  const { message, where = path, mend = null } = error;
  return { path, kind: 'unreadable', problems: [{ where, message, mend }], summary: '' };
}

/** A run may be given as its folder or as its run.json; any other .json is a fit file. */
async function checkPath(path: string): Promise<Check> {
  const info = await stat(path).catch((cause) => {
    throw new RidgeError('no such file', {
      where: path,
      mend: 'Give the path of a suite, lab file, run or fit file.',
      cause,
    });
  });
  if (info.isDirectory()) return checkFile({ path, isRun: true });
  if (basename(path) === 'run.json') return checkFile({ path: dirname(path), isRun: true });
  if (/\.jsonl(\.gz)?$/.test(path)) return notOurs(path, 'a part of a run; check the folder of the run');
  return path.endsWith('.json') ? checkFit(path) : checkFile({ path, isRun: false });
}

async function checkFit(path: string): Promise<Check> {
  const text = await readUserFile(path, 'fit file');
  if (isStrangeJson(text)) return notOurs(path, 'JSON, but not a fit file');
  try {
    const { accelerator, model_card, parameters } = parseFit(text, path);
    const count = Object.keys(parameters).length;
    const summary = `${count} parameters of ${model_card.id} on ${accelerator?.name ?? 'an unknown accelerator'}`;
    return { path, kind: 'fit', problems: [], summary };
  } catch (error) {
    if (!(error instanceof RidgeError)) throw error;
    const { message, where = path, mend = null } = error;
    return { path, kind: 'fit', problems: [{ where, message, mend }], summary: '' };
  }
}

/** Whether it is whole JSON without what a fit file says first; what is damaged or newer is told by its own message. */
function isStrangeJson(text: string): boolean {
  try {
    const json: unknown = JSON.parse(text);
    const isObject = typeof json === 'object' && json !== null;
    return !isObject || !('kind' in json || 'schema_version' in json);
  } catch {
    return false;
  }
}

function print(check: Check): void {
  if (check.kind === 'unreadable') console.error(`ridge: ${toText(check)}`);
  else console.log(toText(check));
}

function toText({ path, kind, problems, summary }: Check): string {
  if (problems.length === 0) return `${path}: ${kind}, good: ${summary}`;
  return problems
    .map(({ where, message, mend }) => `${where}: ${message}${mend ? `\n  ${mend}` : ''}`)
    .join('\n');
}
