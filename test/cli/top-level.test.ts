import { expect, test } from 'vitest';
import { ridge } from './ridge.ts';

test('--help lists how to ask further and exits 0', async () => {
  const { exitCode, stdout, stderr } = await ridge('--help');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('usage: ridge VERB [ARGS]');
  expect(stderr).toBe('');
});

test('an unknown verb is one short error on stderr and exit code 2', async () => {
  const { exitCode, stdout, stderr } = await ridge('prodict');
  expect(exitCode).toBe(2);
  expect(stdout).toBe('');
  expect(stderr.split('\n').length).toBeLessThanOrEqual(3);
  expect(stderr).toMatch(/^ridge: unknown verb 'prodict'/);
});
