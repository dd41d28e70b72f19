import { existsSync } from 'node:fs';
import { mkdtemp, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder } from '../../src/run/make-folder.ts';

const fresh = (): Promise<string> => mkdtemp(join(tmpdir(), 'ridge-folder-'));

test('makes what is missing, and leaves what is there', async () => {
  const folder = join(await fresh(), 'a/b/c');
  await Promise.all([makeFolder(folder), makeFolder(folder)]);
  await makeFolder(folder);
  expect((await stat(folder)).isDirectory()).toBe(true);
});

test('says so where a file stands in its place, or above it', async () => {
  const folder = await fresh();
  await writeFile(join(folder, 'file'), '');
  await expect(makeFolder(join(folder, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolder(join(folder, 'file/x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test.skipIf(!existsSync('/proc/self'))('returns where nothing can be made', async () => {
  await expect(makeFolder('/proc/ridge/x')).rejects.toMatchObject({ code: 'ENOENT' });
});
