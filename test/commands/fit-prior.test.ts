import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Fit } from '../../src/fitfile/schema.ts';
import { ridge } from '../cli/ridge.ts';
import { unfolded } from '../cli/unfolded.ts';
import { measureSuite } from '../fit/virtual.ts';

let folder: string;
let few: string;

/** A run of one cell. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ridge-prior-'));
  few = join(folder, 'few');
  const { run, records } = measureSuite([1]);
  await mkdir(few);
  await writeFile(join(few, 'run.json'), JSON.stringify(run));
  await writeFile(join(few, 'cells.jsonl'), `${JSON.stringify(records[0])}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the first cell of a simulated endpoint makes no fit, for it is no device that others know', async () => {
  const { exitCode, stderr } = await ridge('fit', few);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('too few usable cells');
  expect((await ridge('fit', few, '--prior', 'oracle')).stderr).toContain('auto, device, catalogue');
});

test('a fit of one cell starts from the device file, and says what the cell decided', async () => {
  const { exitCode, stdout } = await ridge('fit', few, '--prior', 'device', '--bootstrap', '0');
  expect(exitCode).toBe(0);
  const text = unfolded(stdout);
  expect(text).toMatch(/prior: \d+ fits of other models on h100-sxm \(device file h100-sxm, vllm\)/);
  expect(text).toMatch(/1 cell decides [\d.]+ of 10 unknowns, it the rest/);
  expect(text).toMatch(/standard errors before and after the cells: [a-z_]+ \d+ % to/);
  const fit: Fit = JSON.parse(await readFile(join(folder, 'few.fit.json'), 'utf8'));
  // This very model is among the published ones: the cell may be theirs.
  expect(fit.prior?.without.length).toBeGreaterThan(0);
  for (const id of fit.prior!.without) expect(id).toContain('Llama-3.1-8B');
});
