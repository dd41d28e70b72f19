import { describe, expect, test } from 'vitest';
import { verbNames } from '../../src/cli.ts';
import { ridge } from './ridge.ts';

test('ridge --help lists every verb', async () => {
  const { stdout } = await ridge('--help');
  for (const verb of verbNames()) expect(stdout).toMatch(new RegExp(`^ {2}${verb} +\\S`, 'm'));
});

describe.each(verbNames())('ridge %s', (verb) => {
  test('--help says how to use it, with an example, on stdout', async () => {
    const { exitCode, stdout, stderr } = await ridge(verb, '--help');
    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(new RegExp(`usage: ridge ${verb}\\b`, 'i'));
    expect(stdout).toMatch(/example/i);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect((await ridge('--help', verb)).stdout).toBe(stdout);
  });

  test('an unknown flag is one to three lines on stderr and exit code 2', async () => {
    const { exitCode, stdout, stderr } = await ridge(verb, '--no-such-flag');
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^ridge: /);
    expect(stderr).toContain('--no-such-flag');
    expect(stderr.split('\n').length).toBeLessThanOrEqual(3);
    expect(stderr).toContain(`ridge ${verb} --help`);
  });
});

test.each([
  ['--concur', '--concurrency'],
  ['--concurency', '--concurrency'],
  ['--inputs', '--input'],
])('%s names the flag that was meant', async (typed, meant) => {
  const { exitCode, stderr } = await ridge('predict', typed, '3');
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`Did you mean '${meant}'? See ridge predict --help`);
});

test('a value that looks like a flag is said to, with the way to write it', async () => {
  const { exitCode, stderr } = await ridge('predict', '--input', '-5');
  expect(exitCode).toBe(2);
  expect(stderr).toBe(
    "ridge: --input is followed by '-5', which looks like a flag\n  Write --input=-5 where that is its value.",
  );
});
