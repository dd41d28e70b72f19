import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
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

test.each(['constructor', 'toString', '__proto__'])('%s is no verb and no help topic', async (name) => {
  for (const argv of [[name], ['--help', name]]) {
    const { exitCode, stderr } = await ridge(...argv);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`unknown verb '${name}'`);
  }
});

test('--version prints the version of the manifest', async () => {
  const { exitCode, stdout } = await ridge('--version');
  expect(exitCode).toBe(0);
  expect(stdout).toBe(manifest.version);
});
