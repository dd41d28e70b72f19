import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { checkFitFolder } from '../../src/fitfile/check-folder.ts';
import { listFits } from '../../src/fitfile/index-file.ts';
import { hasPython, python } from './documented-fit.ts';

const FITS = fileURLToPath(new URL('../../fits/', import.meta.url));
const READER = fileURLToPath(new URL('./independent-reader.py', import.meta.url));
const files = (await listFits(FITS)).map((path) => `${FITS}${path}`);

test('every fit that ships is whole, reproduced by this version, and listed in the index', async () => {
  const checks = await checkFitFolder(FITS);
  expect(checks.flatMap(({ problems }) => problems)).toEqual([]);
  expect(checks.filter(({ kind }) => kind === 'fit')).toHaveLength(files.length);
});

test.skipIf(!hasPython || files.length === 0)(
  'and by a program that has only the file and the document',
  () => {
    const { status, stdout, stderr } = python(READER, ...files);
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toHaveLength(files.length);
    expect(status).toBe(0);
  },
);
