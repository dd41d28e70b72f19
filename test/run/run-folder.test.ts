import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findRun } from '../../src/run/run-folder.ts';
import { temporaryFolder } from './facts.ts';

const errorOf = (typed: string): unknown => {
  try {
    return findRun(typed);
  } catch (error) {
    return error;
  }
};

async function folderOfRuns(...names: readonly string[]): Promise<string> {
  const folder = await temporaryFolder();
  for (const name of names) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'run.json'), '{}');
  }
  return folder;
}

test('finds a run by the path of its folder', async () => {
  const folder = await folderOfRuns('first');
  expect(findRun(join(folder, 'first'))).toEqual({ id: 'first', folder: join(folder, 'first') });
});

describe('a run that is not there', () => {
  test.each([
    ['runs/nosuch', 'runs/nosuch'],
    ['./nosuch', './nosuch'],
    ['nosuch/', 'nosuch/'],
    ['/nowhere/nosuch', '/nowhere/nosuch'],
    // By its id alone it could only be under runs/.
    ['nosuch', join('runs', 'nosuch')],
  ])('%s is looked for at %s', (typed, where) => {
    expect(errorOf(typed)).toMatchObject({ message: `no run '${typed}'`, where, exitCode: 2 });
  });

  test('a folder that holds none is named as it was typed', async () => {
    const folder = await folderOfRuns();
    expect(errorOf(folder)).toMatchObject({ where: folder });
  });

  test('a folder of runs names them, the latest first', async () => {
    const folder = await folderOfRuns('2026-01-01-a', '2026-01-02-b');
    expect(errorOf(folder)).toMatchObject({
      message: 'a folder of 2 runs, not a run: 2026-01-02-b, 2026-01-01-a',
      where: folder,
      mend: `Name the run, for example ${join(folder, '2026-01-02-b')}.`,
    });
  });
});
