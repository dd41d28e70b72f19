import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ridge } from '../cli/ridge.ts';
import { temporaryFolder } from '../run/facts.ts';

async function suiteOf(block: string, more = ''): Promise<string> {
  const file = join(await temporaryFolder(), 'own.yaml');
  const grid = `grid:\n  - { output: [64], load: { concurrency: [1, 2] }, ${block} }\n`;
  await writeFile(file, `schema_version: 1\nname: own\n${grid}${more}`);
  return file;
}

test('ridge plan prints cells, time and what they identify, and says what it assumed', async () => {
  const { exitCode, stdout } = await ridge('plan', 'suites/roofline.yaml', '--tp', '1,2');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^assumed: accelerator h100-sxm \(--accelerator\); model llama-3\.1-8b \(--model\)$/m,
  );
  expect(stdout).toMatch(/^TP 1: 16 cells, about \d+ min/m);
  expect(stdout).toMatch(/8 of 8 parameters identified/);
});

test('a parameter that cannot be identified comes with its reason and a cell that helps', async () => {
  const { stdout } = await ridge('plan', 'suites/roofline.yaml', '--tp', '2', '--json');
  const plan = JSON.parse(stdout);
  const latency = plan.identifiability[0].parameters.find(
    ({ parameter }: { parameter: string }) => parameter === 'all_reduce_latency_s',
  );
  expect(latency).toMatchObject({ identified: false, helpful_cell: { tensor_parallel: 1 } });
  expect(plan.targets[0].cells).toHaveLength(16);
});

test('a tensor parallel size that does not divide the heads is refused', async () => {
  const { exitCode, stderr } = await ridge('plan', 'suites/quick.yaml', '--tp', '3');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('--tp: tensor parallel size 3 does not divide the 32 query heads');
  expect(stderr).toContain('Sizes that do: 1, 2, 4, 8, 16, 32.');
});

test('a cell that is too long is exit code 1, a model that nobody knows 2', async () => {
  const long = await ridge('plan', await suiteOf('input: [128, 200000]'));
  expect(long.exitCode).toBe(1);
  expect(long.stdout).toContain('skipped: needs 200070 tokens');
  const unknown = await ridge('plan', 'suites/quick.yaml', '--model', 'llama-9');
  expect(unknown).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("no built-in model 'llama-9'"),
  });
});

test.each([
  [
    'all for another TP',
    'input: [128], tensor_parallel: [4]',
    /: no cell is for TP 1: those of the grid are for TP 4 \(tensor_parallel\)\n {2}Take targets of TP 4/,
  ],
  [
    'all too long',
    'input: [200000]',
    /: no cell can be measured on these targets; the first needs 200070 tokens .*\n {2}Shorten the cells/,
  ],
])('a suite that measures nothing, %s, is refused by plan and run alike', async (_, block, message) => {
  const file = await suiteOf(block, 'over_length: skip\n');
  const plan = await ridge('plan', file);
  const run = await ridge('run', file, '--simulate', '--simulate-tp', '1');
  for (const { exitCode, stdout, stderr } of [plan, run]) {
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).toContain(file);
  }
});

test('cells for a share of a KV cache that only the server knows are no reason to refuse', async () => {
  const file = await suiteOf('input: [128], tensor_parallel: [1]');
  await writeFile(
    file,
    'schema_version: 1\nname: own\ngrid:\n  - { input: [128], output: [64], load: { kv_fill: [0.5] } }\n',
  );
  const { exitCode, stdout } = await ridge(
    'plan',
    file,
    '--target',
    'a=http://127.0.0.1:1',
    '--model',
    'own/one',
  );
  expect(stdout).toContain('a: 0 cells');
  expect(exitCode).toBe(0);
});
