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

test('percentiles and limits, in 80 columns; a limit that is not met is a no', async () => {
  const file = await realFit();
  const asked = ['--tails', '--objective', 'tbt_p99_ms=1', '--objective', 'ttft_p90_ms=60000'];
  const { exitCode, stdout } = await ridge('predict', file, ...shape(16), ...asked);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^tbt +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ to [\d.]+ +ms$/m);
  expect(stdout).toMatch(/^tbt_p99_ms +1.000 +[\d.]+ +[\d.]+ to [\d.]+ +not met$/m);
  expect(stdout).toMatch(/^ttft_p90_ms +60000 .*met$/m);
  expect(unfolded(stdout)).toMatch(
    /of the gaps between tokens [\d.]+ % are steps of decodes alone, [\d.]+ ms on average; [\d.]+ % steps with prompts, [\d.]+ ms/,
  );
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  const met = await ridge('predict', file, ...shape(16), '--objective', 'tbt_p99_ms=60000', '--json');
  expect(met.exitCode).toBe(0);
  expect(JSON.parse(met.stdout).objectives).toMatchObject([{ key: 'tbt_p99_ms', met: true }]);
  const unknown = await ridge('predict', file, ...shape(16), '--objective', 'tbt_ms=20');
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr).toContain('tbt_p99_ms=20');
});
