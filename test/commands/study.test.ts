import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ridge } from '../cli/ridge.ts';
import { unfolded } from '../cli/unfolded.ts';
import { fitFolder } from '../fitfile/made-fit.ts';

test('the study says what reproduces, from spec sheets and from fits, and what would have to be true', async () => {
  const { folder } = await fitFolder();
  const svg = join(folder, 's.svg');
  const { stdout, exitCode } = await ridge('study', 'reference-2025', '--svg', svg);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^stated +512\/4096 thr +1\.64-1\.78 +1\.59-1\.72/m);
  expect(stdout).toMatch(/^C3 B200::Gaudi3, 512\/4096 +4\.0 .*does not reproduce$/m);
  const text = unfolded(stdout);
  expect(text).toContain('From published fits: meta-llama/Llama-3.1-70B fp8');
  expect(text).toContain('gaudi3: not measured');
  expect(text).toContain('What would have to be true');
  expect(await readFile(svg, 'utf8')).toContain('4096/512, latency');
});

test('another study is refused by name', async () => {
  const [none, other] = await Promise.all([ridge('study'), ridge('study', 'splitwise')]);
  expect(none).toMatchObject({ exitCode: 2, stdout: '' });
  expect(other.exitCode).toBe(2);
  expect(other.stderr).toContain("'splitwise' is none of reference-2025");
});
