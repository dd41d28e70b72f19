import { expect, test } from 'vitest';
import { ridge } from '../cli/ridge.ts';

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
  const long = await ridge('plan', 'suites/reference-2025.yaml', '--model', 'llama-3-8b');
  expect(long.exitCode).toBe(0);
  const unknown = await ridge('plan', 'suites/quick.yaml', '--model', 'llama-9');
  expect(unknown).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("no built-in model 'llama-9'"),
  });
});
