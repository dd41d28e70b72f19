import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder } from '../../src/run/make-folder.ts';
import { ServerLog, serverLogFile } from '../../src/run/server-log.ts';
import { temporaryFolder } from './facts.ts';

const MIB = 1024 * 1024;

test('a log keeps its beginning and its end, and stays bounded', async () => {
  const folder = await temporaryFolder();
  await makeFolder(join(folder, 'server'));
  const log = new ServerLog(folder, 'a', (error) => {
    throw error;
  });
  log.append('first line\n');
  for (let part = 0; part < 30; part += 1) log.append(`part ${part} ${'x'.repeat(MIB)}\n`);
  log.append('last line\n');
  await log.flush();
  const text = await readFile(join(folder, serverLogFile('a')), 'latin1');
  expect(text.length).toBeLessThan(9 * MIB);
  expect(text.startsWith('first line\npart 0 ')).toBe(true);
  expect(text.endsWith('\nlast line\n')).toBe(true);
  expect(text).toMatch(/\n\[ridge: \d+ bytes left out\]\n/);
});

test('a log that cannot be written is told', async () => {
  const folder = await temporaryFolder();
  const errors: unknown[] = [];
  const log = new ServerLog(join(folder, 'gone'), 'a', (error) => errors.push(error));
  await rm(join(folder, 'gone'), { recursive: true, force: true });
  log.append('text\n');
  await log.flush();
  expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining('cannot write') })]);
});
