import { expect, test } from 'vitest';
import { ridge } from '../cli/ridge.ts';

const FIT = 'fits/h100-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json';
const SHAPE = ['--input', '128', '--output', '64', '--concurrency', '8'];

test.each([
  ['fit', ['fit', 'runs/nosuch']],
  ['validate', ['validate', FIT, 'runs/nosuch']],
  ['predict --cells', ['predict', '--cells', 'runs/nosuch', ...SHAPE]],
  ['run --resume', ['run', '--resume', 'runs/nosuch']],
])('%s names a run that is not there as it was typed', async (_, argv) => {
  const { exitCode, stdout, stderr } = await ridge(...argv);
  expect([exitCode, stdout]).toEqual([2, '']);
  expect(stderr).toContain("runs/nosuch: no run 'runs/nosuch'");
  expect(stderr).not.toContain('runs/runs');
});
