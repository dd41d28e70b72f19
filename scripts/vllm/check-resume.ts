import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CellRecord } from '../../src/run/schema.ts';
import type { Checks } from './checks.ts';
import { exitCodeOf, finishedLines, labelOf } from './record.ts';
import { ridge, watchRun } from './ridge.ts';
import type { VllmServer } from './serve.ts';
import { scrapeServer } from './server-metrics.ts';

/** Cells that are finished when the blow falls, in the window of the next one. */
const FINISHED_BEFORE = 2;

/** Kills the controller in the middle of a cell, resumes, and wants every finished cell kept and the rest measured. */
export async function checkResume(
  checks: Checks,
  suite: string,
  lab: string,
  folder: string,
  server: VllmServer,
  planned: number,
): Promise<void> {
  const out = join(folder, 'resumed');
  let finished = 0;
  await watchRun([suite, '--lab', lab, '--out', out], (event, kill) => {
    if (event.kind === 'cell_finished') finished += 1;
    if (finished === FINISHED_BEFORE && event.progress?.phase === 'window') kill();
  });
  const before = await finishedLines(out);
  checks.check(
    'killed controller: finished cells on disk',
    before.length === FINISHED_BEFORE,
    `${before.length}`,
  );
  const idle = await secondsUntilIdle(server.url, 15);
  checks.check(
    'killed controller: its agent lets go of the server',
    idle !== null,
    `idle after ${idle ?? '> 15'} s`,
  );

  const resumed = await ridge(['run', '--resume', out]);
  const after = await finishedLines(out);
  const expected = exitCodeOf(after.map((line) => JSON.parse(line) as CellRecord));
  checks.check(
    'resume: exit code',
    resumed.exitCode === expected,
    `${resumed.exitCode}${resumed.exitCode === expected ? '' : ` ${resumed.stderr}`}`,
  );
  checks.check(
    'resume: finished cells kept as they were',
    before.every((line, index) => after[index] === line),
    `${before.length} of ${after.length} lines`,
  );
  const keys = new Set(after.map((line) => (JSON.parse(line) as CellRecord).key));
  checks.check(
    'resume: every cell once',
    after.length === planned && keys.size === planned,
    after.map((line) => labelOf(JSON.parse(line) as CellRecord)).join(', '),
  );
}

async function secondsUntilIdle(url: string, limit: number): Promise<number | null> {
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  while (elapsed() < limit) {
    if ((await scrapeServer(url)).get('num_requests_running') === 0) return Number(elapsed().toFixed(1));
    await sleep(100);
  }
  return null;
}
