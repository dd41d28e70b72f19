import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ridge } from '../cli/ridge.ts';
import { unfolded } from '../cli/unfolded.ts';
import { fitFolder } from '../fitfile/made-fit.ts';

const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

test('the study says what reproduces, from spec sheets and from fits, and what would have to be true', async () => {
  const { folder } = await fitFolder();
  const svg = join(folder, 's.svg');
  const { stdout, exitCode } = await ridge('study', 'reference-2025', '--svg', svg);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^stated +512\/4096 thr +1\.64-1\.78 +1\.59-1\.72/m);
  expect(stdout).toMatch(/^C3 B200::Gaudi3, 512\/4096 +4\.0 .* no$/m);
  const text = unfolded(stdout);
  expect(text).toContain('From published fits: meta-llama/Llama-3.1-70B fp8');
  expect(text).toContain('gaudi3: not measured');
  expect(text).toContain('What would have to be true');
  expect(widest(stdout)).toBeLessThanOrEqual(80);
  expect(await readFile(svg, 'utf8')).toContain('4096/512, latency');
});

test('another study is refused by name', async () => {
  const [none, other] = await Promise.all([ridge('study'), ridge('study', 'mooncake')]);
  expect(none).toMatchObject({ exitCode: 2, stdout: '' });
  expect(other.exitCode).toBe(2);
  expect(other.stderr).toMatch(/^ridge: 'mooncake' is none of reference-2025, splitwise, distserve/);
});

test('Splitwise: the four pairs at equal power and cost, published ratios beside ours, at 80 columns', async () => {
  const { folder } = await fitFolder();
  const svg = join(folder, 'splitwise.svg');
  const { stdout, exitCode } = await ridge('study', 'splitwise', '--svg', svg);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^HH +35:5 +\d+/m);
  expect(stdout).toMatch(/^S1 AA over A, equal power +2\.15 .* yes$/m);
  expect(stdout).toMatch(/^S4 AA over H, equal cost +1\.40 .* no$/m);
  expect(unfolded(stdout)).toContain('For S4, mixed H100 machines would have to serve only');
  expect(widest(stdout)).toBeLessThanOrEqual(80);
  expect(await readFile(svg, 'utf8')).toContain('bloom, coding, equal power');
});

test('DistServe: goodput split over mixed, of that time and of today, at 80 columns', async () => {
  const [text, json] = await Promise.all([
    ridge('study', 'distserve'),
    ridge('study', 'distserve', '--json'),
  ]);
  expect(text.exitCode).toBe(0);
  expect(text.stdout).toMatch(/^synthetic, 13B +\d/m);
  expect(widest(text.stdout)).toBeLessThanOrEqual(80);
  const { fits } = JSON.parse(json.stdout);
  expect(fits.map(({ rows }: { rows: unknown[] }) => rows.length)).toEqual([6, 6]);
});
