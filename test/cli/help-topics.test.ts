import { expect, test } from 'vitest';
import { METRIC_DEFINITIONS } from '../../src/measure/definitions.ts';
import { REASON_CODES } from '../../src/measure/reasons.ts';
import { ridge } from './ridge.ts';

const longest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

test.each([
  ['metrics', METRIC_DEFINITIONS.map(({ name }) => name)],
  ['verdicts', REASON_CODES],
])('--help %s explains every name, folded to 80 columns where there is no terminal', async (topic, names) => {
  const { exitCode, stdout, stderr } = await ridge('--help', topic);
  expect(exitCode).toBe(0);
  expect(stderr).toBe('');
  for (const name of names) expect(stdout).toMatch(new RegExp(`^ +${name}$`, 'm'));
  expect(longest(stdout)).toBeLessThanOrEqual(80);
});
