import type { KeyObject } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { checkFitText } from '../fitfile/check-fit.ts';
import { checkFitFolder, isFitFolder } from '../fitfile/check-folder.ts';
import { checkDeviceText } from '../fitfile/device-check.ts';
import { INDEX_FILE } from '../fitfile/index-file.ts';
import { publicKeyFrom, type SignatureState } from '../fitfile/sign.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import { checkFile, type FileCheck, notOurs } from '../run/check-file.ts';
import { rejudgeRun } from '../run/rejudge-run.ts';
import { readUserFile } from '../suite/load-file.ts';
import { loadSuite } from '../suite/load-suite.ts';

const help = `usage: ridge check FILE|FOLDER... [--public-key FILE] [--json]
       ridge check RUN... --rejudge SUITE

Checks suite files, lab files, runs (the folder or its run.json), fit files
(.json), device files and folders of published fits (or their index.json: every
file and the index). Every problem is named with its place, in YAML with
file:line:column. Of a fit its schema, digest and signature are checked, and
that this version computes the examples in it; of a device file its digest, and
in a folder that it was made from the fits that lie there.

  --public-key FILE   fits have to be signed with this key (PEM)
  --json              the findings as JSON on stdout
  --rejudge SUITE     first judge the cells of these runs again, from their raw
                      records, by the thresholds of this suite (ridge --help
                      verdicts); the run records them

All files are checked, also where one is missing.

exit: 1 when a file is wrong, 2 when one cannot be read

Example:
  ridge check suites/*.yaml lab.yaml runs/2026-01-15T090000-demo fits \\
      --public-key lab.pem.pub`;

export const command: Command = {
  summary: 'check suite, lab, run and fit files',
  help,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: {
        'public-key': { type: 'string' },
        json: { type: 'boolean', default: false },
        rejudge: { type: 'string' },
      },
      allowPositionals: true,
    });
    if (positionals.length === 0) {
      throw new RidgeError('which files?', { mend: 'For example ridge check suites/quick.yaml.' });
    }
    if (values.rejudge !== undefined) await rejudgeAll(positionals, values.rejudge);
    const { 'public-key': keyFile } = values;
    const publicKey =
      keyFile === undefined ? undefined : publicKeyFrom(await readUserFile(keyFile, 'public key'), keyFile);
    const checks: Check[] = [];
    for (const path of positionals) {
      checks.push(...(await checkPath(path, publicKey).catch((error) => [unreadable(path, error)])));
    }
    if (values.json) console.log(JSON.stringify(checks, null, 2));
    else for (const check of checks) print(check);
    if (checks.some(({ kind }) => kind === 'unreadable')) return EXIT.usage;
    return checks.some(({ problems }) => problems.length > 0) ? EXIT.refused : EXIT.done;
  },
};

/** What came of it is said on stderr: stdout belongs to the findings. */
async function rejudgeAll(runs: readonly string[], suiteFile: string): Promise<void> {
  const { suite } = await loadSuite(suiteFile);
  for (const path of runs) {
    const folder = basename(path) === 'run.json' ? dirname(path) : path;
    const said = await rejudgeRun(folder, suite.thresholds);
    console.error(folded(`${folder}: ${said ?? 'judged by these thresholds already'}`));
  }
}

type Check = Omit<FileCheck, 'kind'> & {
  readonly kind: FileCheck['kind'] | 'fit' | 'device' | 'index' | 'unreadable';
  /** Of fits. */
  readonly signature?: SignatureState | null;
};

/** A file that is missing or cannot be read does not keep the others from being checked. */
function unreadable(path: string, error: unknown): Check {
  if (!(error instanceof RidgeError)) throw error;
  const { message, where = path, mend = null } = error;
  return { path, kind: 'unreadable', problems: [{ where, message, mend }], summary: '' };
}

/**
 * A run may be given as its folder or as its run.json, a folder of fits as itself or as its index.json; any other .json is
 * a fit file.
 */
async function checkPath(path: string, publicKey: KeyObject | undefined): Promise<Check[]> {
  const info = await stat(path).catch((cause) => {
    throw new RidgeError('no such file', {
      where: path,
      mend: 'Give the path of a suite, lab file, run or fit file.',
      cause,
    });
  });
  if (info.isDirectory()) {
    return (await isFitFolder(path))
      ? checkFitFolder(path, publicKey)
      : [await checkFile({ path, isRun: true })];
  }
  const folder = dirname(path);
  if (basename(path) === 'run.json') return [await checkFile({ path: folder, isRun: true })];
  if (basename(path) === INDEX_FILE && (await isIndex(path))) return checkFitFolder(folder, publicKey);
  if (/\.jsonl(\.gz)?$/.test(path)) return [notOurs(path, 'a part of a run; check the folder of the run')];
  return [path.endsWith('.json') ? await checkFit(path, publicKey) : await checkFile({ path, isRun: false })];
}

async function checkFit(path: string, publicKey: KeyObject | undefined): Promise<Check> {
  const text = await readUserFile(path, 'fit file');
  if (isStrangeJson(text)) return notOurs(path, 'JSON, but not a fit file');
  if (isDeviceText(text)) {
    const { problems, summary } = checkDeviceText(text, path);
    return { path, kind: 'device', problems, summary };
  }
  const { problems, summary, signature } = checkFitText(text, path, { publicKey });
  return { path, kind: 'fit', problems, summary, signature };
}

const isDeviceText = (text: string): boolean => /"kind":\s*"ridgepoint_device"/.test(text);

/** Other tools have an index.json, too; a damaged one is told by its own message. */
const isIndex = async (path: string): Promise<boolean> =>
  (await readUserFile(path, 'index of fits')).includes('ridgepoint_fit_index');

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

/** At 80 columns; what does not fit goes on, indented. */
const folded = (line: string): string => {
  const [first = '', ...rest] = wrapLines(line, REPORT_COLUMNS).split('\n');
  return rest.length === 0 ? first : `${first}\n${wrapped(rest.join(' '))}`;
};
const wrapped = (line: string): string => wrapLines(`  ${line}`, REPORT_COLUMNS);

function toText({ path, kind, problems, summary, reasons = [] }: Check): string {
  if (problems.length === 0) {
    return [folded(`${path}: ${kind}, good: ${summary}`), ...reasons.map(wrapped)].join('\n');
  }
  return problems
    .map(({ where, message, mend }) => folded(`${where}: ${message}`) + (mend ? `\n${wrapped(mend)}` : ''))
    .join('\n');
}
