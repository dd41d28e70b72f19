import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { holdLock } from '../../scripts/vllm/lock.ts';

const lockFile = async () => join(await mkdtemp(join(tmpdir(), 'ridge-lock-')), 'install.lock');
const quiet = () => {};

test('a lock names its owner and is gone after its release', async () => {
  const file = await lockFile();
  const release = await holdLock(file, quiet);
  expect(await readFile(file, 'utf8')).toBe(String(process.pid));
  await release();
  expect(await readdir(join(file, '..'))).toEqual([]);
});

test('a lock whose owner died is taken over', async () => {
  const file = await lockFile();
  const dead = execa(process.execPath, ['--version']);
  await dead;
  await writeFile(file, String(dead.pid));
  await holdLock(file, quiet);
  expect(await readFile(file, 'utf8')).toBe(String(process.pid));
});

test('a second one waits for a living owner and says for whom', async () => {
  const file = await lockFile();
  const release = await holdLock(file, quiet);
  const order: string[] = [];
  const told = Promise.withResolvers<string>();
  const second = holdLock(file, told.resolve).then(() => order.push('second'));
  expect(await told.promise).toContain(`process ${process.pid}`);
  order.push('released');
  await release();
  await second;
  expect(order).toEqual(['released', 'second']);
});
