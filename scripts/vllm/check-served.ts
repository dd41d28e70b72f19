import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT } from '../../src/errors.ts';
import type { CellRecord } from '../../src/run/schema.ts';
import { isListening } from '../../src/server/port.ts';
import { cacheLabels } from './check-identity.ts';
import type { Checks } from './checks.ts';
import { killTree, processesOf } from './processes.ts';
import { finishedLines } from './record.ts';
import { type EventLine, watchRun } from './ridge.ts';
import type { ServedLab } from './served-lab.ts';

/** Cells of `interface.yaml` on each size; the anchors of the first are measured twice. */
export const CELLS = { 'cpu-tp1': 6, 'cpu-tp2': 3 } as const;
const PLANNED = CELLS['cpu-tp1'] + CELLS['cpu-tp2'];
/** Finished when the controller is killed, in a window of the second size. */
const FINISHED_BEFORE = CELLS['cpu-tp1'] + 1;

export interface ServedRun {
  readonly out: string;
  /** What the first server's metrics page says of its cache. */
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * A run that starts two servers, killed in a cell of the second, resumed, and its server killed in the last cell: servers end
 * with the controller, finished cells stay, only the second is started again, the cell that was cut off is no measurement.
 */
export async function checkServed(
  checks: Checks,
  suite: string,
  lab: ServedLab,
  folder: string,
): Promise<ServedRun> {
  const out = join(folder, 'interface');
  const labels = await firstPart(checks, ['run', suite, '--lab', lab.file, '--out', out], lab, out);
  await lastPart(checks, lab, out);
  return { out, labels };
}

async function firstPart(
  checks: Checks,
  [, ...args]: readonly string[],
  lab: ServedLab,
  out: string,
): Promise<Record<string, string>> {
  const seen = { finished: 0, ready: [] as string[] };
  let labels: Promise<Record<string, string>> | null = null;
  let processes: readonly number[] = [];
  await watchRun(args, (event, kill) => {
    note(event, seen);
    if (event.kind === 'cell_finished') labels ??= cacheLabels(lab.url);
    if (seen.finished !== FINISHED_BEFORE || event.progress?.phase !== 'window') return;
    if (processes.length === 0) processes = processesOf(lab.url);
    kill();
  });
  checks.check('two servers were started', seen.ready.length === 2, seen.ready.join('; '));
  const before = await finishedCells(out);
  checks.check('killed controller: finished cells on disk', before === FINISHED_BEFORE, `${before}`);
  const gone = await secondsUntilGone(processes, lab.url, 40);
  checks.check(
    'killed controller: its server is gone',
    processes.length > 0 && gone !== null,
    `${processes.length} processes, ${gone === null ? 'still there after 40 s' : `gone after ${gone} s`}`,
  );
  return (await labels) ?? {};
}

async function lastPart(checks: Checks, lab: ServedLab, out: string): Promise<void> {
  const before = await finishedLines(out);
  const finished = await finishedCells(out);
  const seen = { finished: 0, ready: [] as string[] };
  let killed = 0;
  const failed: string[] = [];
  const end = await watchRun(['--resume', out], (event) => {
    note(event, seen);
    if (event.kind === 'cell_failed' || event.kind === 'warning') failed.push(event.message ?? '');
    const isLast = finished + seen.finished === PLANNED - 1;
    if (isLast && killed === 0 && event.progress?.phase === 'window') killed = killTree(lab.url);
  });
  checks.check(
    'resume: only the server with cells left is started',
    seen.ready.length === 1 && seen.ready[0]!.startsWith('cpu-tp2'),
    seen.ready.join('; '),
  );
  const after = await finishedLines(out);
  checks.check(
    'resume: finished cells kept as they were',
    before.every((line, index) => after[index] === line),
    `${before.length} of ${after.length} lines`,
  );
  checks.check(
    'killed server: exit code',
    killed > 0 && end.exitCode === EXIT.failed,
    `${end.exitCode}, ${killed} processes killed`,
  );
  checks.check(
    'killed server: its cell is not called measured, the others stay',
    (await finishedCells(out)) >= PLANNED - 1,
    `${await finishedCells(out)} of ${PLANNED} cells; ${failed.at(-1) ?? end.stderr}`,
  );
  checks.check('no server is left', !(await isListening(lab.url)), lab.url);
  const log = await readFile(join(out, 'server', 'cpu-tp2.log'), 'utf8');
  const starts = log.match(/^\[ridge: start \d/gm) ?? [];
  checks.check(
    'log of both starts in the run',
    starts.length === 2,
    `${starts.length} starts, ${log.length} bytes`,
  );
}

/** A cell whose verdict changed at the end of its target has two lines. */
const finishedCells = async (out: string): Promise<number> =>
  new Set((await finishedLines(out)).map((line) => (JSON.parse(line) as CellRecord).key)).size;

function note(event: EventLine, seen: { finished: number; ready: string[] }): void {
  if (event.kind === 'cell_finished' && event.reused !== true) seen.finished += 1;
  if (event.kind === 'target_state' && event.message?.includes('was ready after')) {
    seen.ready.push(`${event.target} ${event.message}`);
  }
}

async function secondsUntilGone(
  processes: readonly number[],
  url: string,
  limit: number,
): Promise<number | null> {
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  while (elapsed() < limit) {
    const left = processesOf(url);
    if (!processes.some((pid) => left.includes(pid)) && !(await isListening(url)))
      return Number(elapsed().toFixed(1));
    await sleep(200);
  }
  return null;
}
