import { describe, expect, test } from 'vitest';
import type { Fit } from '../../src/fitfile/schema.ts';
import { ridge } from '../cli/ridge.ts';
import { unfolded } from '../cli/unfolded.ts';
import { fitFolder, madeFit, textOf, withContent } from '../fitfile/made-fit.ts';

const fit = madeFit();
const [, highest] = fit.range.concurrency;
const fileOf = async (one: Fit): Promise<string> => (await fitFolder()).write('a.fit.json', textOf(one));
const realFit = (): Promise<string> => fileOf(withContent(fit, { simulated: false }));

const shape = (concurrency: number): string[] => [
  ...['--input', '1024', '--output', '128', '--concurrency', String(concurrency)],
];

test('a simulated fit is said to be one; a real one is not', async () => {
  const [of, other] = await Promise.all([
    ridge('predict', await fileOf(fit), ...shape(16)),
    ridge('predict', await realFit(), ...shape(16)),
  ]);
  expect(of.stdout).toContain('SIMULATED');
  expect(other.stdout).not.toContain('SIMULATED');
  expect(other.stdout).toMatch(/^tpot +[\d.]+ +[\d.]+ to [\d.]+ +ms$/m);
});

describe('outside the range', () => {
  test('near: the interval is wider, and the line says by what', async () => {
    const { stdout } = await ridge('predict', await realFit(), ...shape(highest + highest / 2));
    expect(stdout).toMatch(/^tpot +[\d.]+ +[\d.]+ to [\d.]+ +ms$/m);
    expect(unfolded(stdout)).toContain('outside the measured range: the intervals are widened');
  });

  test('far: words stand in the place of an interval, and long times are in seconds', async () => {
    const { stdout } = await ridge('predict', await realFit(), ...shape(400 * highest));
    expect(stdout).toMatch(/^ttft +[\d.]+ +outside the measured range +s$/m);
    expect(stdout).toMatch(/^tpot +[\d.]+ +outside the measured range +ms$/m);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});
