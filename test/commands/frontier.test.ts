import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ridge } from '../cli/ridge.ts';
import { fitFolder } from '../fitfile/made-fit.ts';

const H100 = 'fits/h100-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json';

test('peaks and fits stand in one table with the convention, the frontier is marked', async () => {
  const { folder } = await fitFolder();
  const svg = join(folder, 'f.svg');
  const { stdout, exitCode } = await ridge('frontier', H100, '--basis', 'asgar2025-stated', '--svg', svg);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^mi300x +fp8 +2615 +0\.370 \*/m);
  expect(stdout).toMatch(/^h100-sxm Llama-3\.1-70B fp8 vllm +fit/m);
  expect(stdout).toMatch(/^a100-80-sxm +bf16 +312 /m);
  expect(stdout).toContain('bf16: the device has no units for fp8, its bf16 rate is counted');
  expect(stdout).toContain('Peaks are dense');
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(await readFile(svg, 'utf8')).toContain('Price of memory bandwidth');
});

test('--json is the points; an unknown format is refused', async () => {
  const { stdout } = await ridge('frontier', '--basis', 'inferencex-rental', '--format', 'bf16', '--json');
  const found = JSON.parse(stdout);
  expect(found).toMatchObject({ convention: 'dense', format: 'bf16' });
  const formats = new Set(
    found.points.map(({ compute_format }: { compute_format: string }) => compute_format),
  );
  expect([...formats]).toEqual(['bf16']);
  const text = await ridge('frontier', '--basis', 'inferencex-rental', '--format', 'bf16');
  expect(text.stdout).not.toContain('has no units');
  const { exitCode, stderr } = await ridge('frontier', '--basis', 'inferencex-rental', '--format', 'fp64');
  expect(exitCode).toBe(2);
  expect(stderr).toContain("'fp64' is none of bf16, fp8, fp4");
});
