import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { checkFile, type FileCheck } from '../run/check-file.ts';

const help = `usage: ridge check FILE... [--json]

Checks suite files, lab files and runs (the folder or its run.json). Every problem is named with file:line:column.

  --json   the findings as JSON on stdout

exit: 1 when a file is wrong, 2 when it cannot be read

Example:
  ridge check suites/*.yaml lab.yaml runs/2026-11-26T160500-demo`;

export const command: Command = {
  summary: 'check suite, lab and run files',
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
    const checks: FileCheck[] = [];
    for (const path of positionals) checks.push(await checkFile(await placeOf(path)));
    if (values.json) console.log(JSON.stringify(checks, null, 2));
    else for (const check of checks) console.log(toText(check));
    return checks.some(({ problems }) => problems.length > 0) ? EXIT.refused : EXIT.done;
  },
};

/** A run may be given as its folder or as its run.json. */
async function placeOf(path: string): Promise<{ path: string; isRun: boolean }> {
  const info = await stat(path).catch((cause) => {
    throw new RidgeError('no such file', {
      where: path,
      mend: 'Give the path of a suite, lab file or run.',
      cause,
    });
  });
  if (info.isDirectory()) return { path, isRun: true };
  return basename(path) === 'run.json' ? { path: join(dirname(path)), isRun: true } : { path, isRun: false };
}

function toText({ path, kind, problems, summary }: FileCheck): string {
  if (problems.length === 0) return `${path}: ${kind}, good: ${summary}`;
  return problems
    .map(({ where, message, mend }) => `${where}: ${message}${mend ? `\n  ${mend}` : ''}`)
    .join('\n');
}
