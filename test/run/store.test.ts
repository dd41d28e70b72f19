import { appendFile, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { engineSteps } from '../../src/measure/steps/engine-steps.ts';
import { decodeSteps, encodeSteps } from '../../src/measure/steps/steps-codec.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import { encodeTimeline, quantise } from '../../src/measure/timeline-codec.ts';
import { readRequests, readRun, readSteps } from '../../src/run/read-run.ts';
import { RunStore } from '../../src/run/store.ts';
import { placeError, writeError } from '../../src/run/write-file.ts';
import { record, run, temporaryFolder } from './facts.ts';

const KEYS = ['a', 'b', 'c'].map((letter) => letter.repeat(64));

/** A run with two finished cells. */
async function twoCells(): Promise<string> {
  const folder = join(await temporaryFolder(), 'run-1');
  const store = await RunStore.create(folder);
  await store.writeRun(run());
  for (const key of KEYS.slice(0, 2)) await store.appendCell(record({ key }));
  await store.close();
  return folder;
}
const keysOf = async (folder: string): Promise<string[]> =>
  (await readRun(folder)).records.map(({ key }) => key);

describe('a run on disk', () => {
  test('reads back what was written; the last line of a cell counts', async () => {
    const folder = await twoCells();
    const { store } = await RunStore.resume(folder);
    await store.appendCell(record({ key: KEYS[0]!, verdict: 'flagged' }));
    await store.close();
    const read = await readRun(folder);
    expect(read.run).toEqual(run());
    expect(read.records).toEqual([record({ key: KEYS[1]! }), record({ key: KEYS[0]!, verdict: 'flagged' })]);
    expect(read.warnings).toEqual([]);
  });

  test('a folder left by a stop before the first file takes a run; one with anything else in it does not', async () => {
    const folder = join(await temporaryFolder(), 'run-1');
    await (await RunStore.create(folder)).close();
    const store = await RunStore.create(folder);
    await store.writeRun(run());
    await store.close();
    await expect(RunStore.create(folder)).rejects.toThrow('not empty');
  });

  test('a line that was cut off is kept aside and never glued to the next', async () => {
    const folder = await twoCells();
    const torn = JSON.stringify(record({ key: KEYS[2]! })).slice(0, 200);
    await appendFile(join(folder, 'cells.jsonl'), torn);
    expect(await keysOf(folder)).toEqual(KEYS.slice(0, 2));
    const { store, record: resumed } = await RunStore.resume(folder);
    expect(resumed.warnings[0]).toContain('cut off');
    await store.appendCell(record({ key: KEYS[2]! }));
    await store.close();
    expect(await keysOf(folder)).toEqual(KEYS);
    const aside = (await readdir(folder)).find((name) => name.startsWith('cells.torn-'))!;
    expect(await readFile(join(folder, aside), 'utf8')).toBe(torn);
  });

  test('a damaged line in the middle is named and costs its own cell only', async () => {
    const folder = await twoCells();
    const lines = (await readFile(join(folder, 'cells.jsonl'), 'utf8')).split('\n');
    await writeFile(join(folder, 'cells.jsonl'), [lines[0]!.slice(50), lines[1], ''].join('\n'));
    const { records, warnings } = await readRun(folder);
    expect(records.map(({ key }) => key)).toEqual([KEYS[1]]);
    expect(warnings[0]).toMatch(/cells\.jsonl:1: not JSON; left out/);
  });

  test('a newer major version is rejected with a clear line', async () => {
    const folder = await twoCells();
    await writeFile(join(folder, 'run.json'), JSON.stringify({ ...run(), schema_version: 2 }));
    await expect(readRun(folder)).rejects.toMatchObject({
      exitCode: 2,
      message: 'written by a newer ridge (run record version 2, this one reads 1)',
    });
    await writeFile(join(folder, 'run.json'), JSON.stringify(run()).slice(0, 100));
    await expect(readRun(folder)).rejects.toThrow('truncated or damaged');
  });

  test('a new run never writes into a folder that holds something', async () => {
    const folder = await twoCells();
    const before = await readFile(join(folder, 'cells.jsonl'), 'utf8');
    await expect(RunStore.create(folder)).rejects.toMatchObject({ exitCode: 2 });
    expect(await readFile(join(folder, 'cells.jsonl'), 'utf8')).toBe(before);
  });

  test('one process at a time writes a run; the lock of one that is gone is taken over', async () => {
    const folder = await twoCells();
    await writeFile(join(folder, 'lock'), JSON.stringify({ pid: process.ppid, host: hostname() }));
    await expect(RunStore.resume(folder)).rejects.toThrow(`process ${process.ppid} on`);
    await writeFile(join(folder, 'lock'), JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }));
    const { store } = await RunStore.resume(folder);
    await store.close();
    expect(await readdir(folder)).not.toContain('lock');
  });

  test.runIf(process.platform === 'linux')(
    'a full disk ends with exit code 3, the file and how to go on',
    async () => {
      const folder = join(await temporaryFolder(), 'run-1');
      const store = await RunStore.create(folder);
      await symlink('/dev/full', join(folder, 'cells.jsonl'));
      const failure = await store.appendCell(record()).catch((error) => error);
      expect(failure).toMatchObject({ exitCode: 3, message: 'cannot write: no space left on the disk' });
      expect(failure.mend).toContain('--resume');
      await store.close();
    },
  );

  test('a folder with other things in it is not offered to be resumed', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'notes.txt'), '');
    await expect(RunStore.create(folder)).rejects.toMatchObject({
      mend: 'It holds no run; give another --out.',
    });
    await expect(RunStore.create(await twoCells())).rejects.toMatchObject({
      mend: expect.stringContaining('--resume'),
    });
  });

  test.each([
    ['a file', [], 'a file stands in its place'],
    ['a folder inside a file', ['run'], 'a part of this path is a file, not a folder'],
  ])('a new run in the place of %s is bad usage, and nothing is there to resume', async (_, more, words) => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    const failure = await RunStore.create(join(file, ...more)).catch((error) => error);
    expect(failure).toMatchObject({ exitCode: 2, where: join(file, ...more), mend: 'Give another --out.' });
    expect(failure.message).toContain(words);
  });

  test('a new run in a place that is read-only is bad usage; a full disk is not', () => {
    const cause = (code: string) => writeError('run/lock', Object.assign(new Error(code), { code }));
    expect(placeError('run', cause('EACCES'))).toMatchObject({
      exitCode: 2,
      where: 'run',
      message: 'no run can be written here: permission denied',
      mend: 'Fix the permissions, or give another --out.',
    });
    expect(placeError('run', cause('ENOSPC'))).toMatchObject({
      exitCode: 3,
      mend: 'Free space, or give another --out.',
    });
    const other = new Error('other');
    expect(placeError('run', other)).toBe(other);
  });
});

describe('request timelines', () => {
  const timeline: RequestTimeline = {
    sequence: 0,
    stream: 0,
    role: 'load',
    input_tokens: 8,
    output_tokens: 3,
    scheduled_s: 0.1,
    sent_s: 0.100123,
    first_byte_s: 0.15,
    chunks: { at_s: [0.2, 0.21, 0.2200001], tokens: [1, 1, 2], bound_s: [1e-4, 0, 2e-5] },
    usage: null,
    tokens_counted_by: 'server',
    ended_s: 0.23,
    outcome: { state: 'failed', kind: 'truncated', message: 'no usage', http_status: 200 },
    first_choices_s: null,
  };

  test('come back as they were', async () => {
    const folder = join(await temporaryFolder(), 'run-1');
    const store = await RunStore.create(folder);
    const file = await store.saveRequests('h100', KEYS[0]!, [JSON.stringify(encodeTimeline(timeline))]);
    await store.close();
    expect(file).toBe('requests/h100.aaaaaaaaaaaaaaaa.jsonl.gz');
    expect(await readRequests(folder, { requests_file: file })).toEqual([quantise(timeline)]);
    expect(await readRequests(folder, { requests_file: null })).toEqual([]);
  });

  test.each(['../outside.jsonl.gz', 'requests/../../x.jsonl.gz', '/etc/passwd', 'requests/.hidden.jsonl.gz'])(
    '%s does not lead out of the folder',
    async (requests_file) => {
      await expect(readRequests('/tmp', { requests_file })).rejects.toThrow('is not a file of requests/');
    },
  );

  test('so do the steps of an engine, and a record without them has none', async () => {
    const folder = join(await temporaryFolder(), 'run-1');
    const store = await RunStore.create(folder);
    const columns = encodeSteps(engineSteps([timeline]));
    const steps_file = await store.saveSteps('h100', KEYS[0]!, JSON.stringify(columns));
    await store.close();
    expect(steps_file).toBe('steps/h100.aaaaaaaaaaaaaaaa.json.gz');
    expect(await readSteps(folder, { steps_file })).toEqual(decodeSteps(columns));
    expect(await readSteps(folder, {})).toBeNull();
    const outside = readSteps(folder, { steps_file: 'steps/../../x.json.gz' });
    await expect(outside).rejects.toThrow('is not a file of steps/');
  });

  test('a damaged file is named', async () => {
    const folder = await twoCells();
    await writeFile(join(folder, 'requests/x.jsonl.gz'), 'not gzip');
    await expect(readRequests(folder, { requests_file: 'requests/x.jsonl.gz' })).rejects.toMatchObject({
      where: join(folder, 'requests/x.jsonl.gz'),
    });
  });
});
