import { join } from 'node:path';
import { EXIT } from '../../src/errors.ts';
import type { CellRecord } from '../../src/run/schema.ts';
import type { Checks } from './checks.ts';
import { finishedLines } from './record.ts';
import { watchRun } from './ridge.ts';
import type { VllmServer } from './serve.ts';

/** Kills the server in the second cell: the first stays, the others are not measured, the exit code says so. */
export async function checkKilledServer(
  checks: Checks,
  suite: string,
  lab: string,
  folder: string,
  server: VllmServer,
  planned: number,
): Promise<void> {
  const out = join(folder, 'server-killed');
  let finished = 0;
  let killed: Promise<void> | null = null;
  const failed: string[] = [];
  const start = performance.now();
  const end = await watchRun([suite, '--lab', lab, '--out', out], (event) => {
    if (event.kind === 'cell_finished') finished += 1;
    if (event.kind === 'cell_failed') failed.push(event.message ?? '');
    if (finished === 1 && event.progress?.phase === 'window') killed ??= server.kill();
  });
  await killed;
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  checks.check(
    'killed server: exit code',
    end.exitCode === EXIT.failed,
    `${end.exitCode} after ${seconds} s`,
  );
  const cells = (await finishedLines(out)).map((line) => JSON.parse(line) as CellRecord);
  const measured = cells.filter((cell) => cell.verdict !== 'invalid');
  checks.check(
    'killed server: the finished cell is kept, no other one is called measured',
    measured.length === 1,
    `${measured.length} measured of ${planned}; ${cells.length} lines; ${failed.length} failed: ${failed[0] ?? ''}`,
  );
  checks.check('killed server: it is named', /127\.0\.0\.1/.test(end.stderr + failed.join()), end.stderr);
}
