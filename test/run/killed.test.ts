import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import { expect, test } from 'vitest';
import { readRequests, readRun } from '../../src/run/read-run.ts';
import { createRandom } from '../../src/stats/random.ts';
import { endpoint } from '../simulate/endpoint.ts';
import { temporaryFolder } from './facts.ts';

const RIDGE = fileURLToPath(new URL('../../bin/ridge.js', import.meta.url));
const KILLS = 10;

/** Sixteen cells that take a few tenths of a second each on an endpoint that is a hundred times as fast as real. */
const SUITE = `schema_version: 1
name: kill
grid:
  - { input: [64, 256], output: [4, 12], load: { concurrency: [1, 2, 4, 8] } }
stop: { confidence_half_width: 0.5, min_requests: 4, max_requests: 40, min_s: 0.05, max_s: 0.2 }
`;

/** Runs until so many lines of events have come, then kill -9; null: to the end. @returns the exit code */
async function ridgeRun(argv: readonly string[], killAfterLines: number | null): Promise<number | undefined> {
  const child = execaNode(RIDGE, ['run', ...argv, '--json'], {
    buffer: { stdout: false, stderr: true },
    reject: false,
    stdin: 'ignore',
  });
  let lines = 0;
  for await (const _ of child.iterable()) {
    lines += 1;
    if (lines === killAfterLines) child.kill('SIGKILL');
  }
  const { exitCode, stderr } = await child;
  if (killAfterLines === null && exitCode === 2) throw new Error(String(stderr));
  return exitCode;
}

test('a run that is killed at ten random moments loses no finished cell and measures none twice', {
  timeout: 120_000,
}, async () => {
  const { url } = await endpoint();
  const home = await temporaryFolder();
  const [suite, folder] = [join(home, 'kill.yaml'), join(home, 'run')];
  await writeFile(suite, SUITE);
  const target = ['--target', `sim=${url}`, '--accelerator', 'h100-sxm', '--tp', '1'];
  const random = createRandom(20_260_101);

  await ridgeRun([suite, ...target, '--out', folder], 8);
  let finished: string[] = [];
  for (let kill = 1; kill < KILLS; kill += 1) {
    await ridgeRun(['--resume', folder], random.int(4, 40));
    const now = (await readRun(folder)).records.map(({ key }) => key);
    expect(now).toEqual(expect.arrayContaining(finished));
    finished = now;
  }
  const exitCode = await ridgeRun(['--resume', folder], null);
  expect([0, 1]).toContain(exitCode);
  const { records, torn } = await readRun(folder);
  expect([records.length, torn]).toEqual([16, '']);
  expect(records.map(({ key }) => key)).toEqual(expect.arrayContaining(finished));
  const lines = (await readFile(join(folder, 'cells.jsonl'), 'utf8')).trimEnd().split('\n');
  expect(lines).toHaveLength(16);
  for (const record of records) expect((await readRequests(folder, record)).length).toBeGreaterThan(3);
});
