import { describe, expect, test } from 'vitest';
import { fitText } from '../../src/commands/fit-text.ts';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import type { Fit } from '../../src/fitfile/schema.ts';
import { plainStyle } from '../../src/report/style.ts';
import { measureSuite } from '../fit/virtual.ts';

const run = measureSuite([1]);
const [target] = run.run.targets;
const simulator = target!.simulator!;
const fit = makeFit([run], { createdAt: '2026-01-15T12:00:00.000Z', toolVersion: '0.1.0' });
const report = (changed: Fit = fit, targets = [target!]): string =>
  fitText({ fit: changed, file: 'a.fit.json', targets }, plainStyle);
const unfolded = (text: string): string => text.replace(/\s+/g, ' ');

const withWins = (wins: boolean): Fit => ({
  ...fit,
  validation: {
    ...fit.validation,
    baselines: fit.validation.baselines.map((one) => ({ ...one, wins })),
  },
});

test('a simpler model that is closer than the fit is said to be, in words', () => {
  const words = unfolded(report(withWins(true)));
  expect(words).toContain('speed of light (spec sheet peaks, no overhead) has a lower error on tpot_ms than');
  expect(words).toContain('straight line (a + b·concurrency, per TP) has a lower error on tpot_ms than');
  expect(report(withWins(false))).not.toContain('lower error');
});

describe('the simulator beside the fit', () => {
  test('its effects stand in one sentence under the table', () => {
    const text = report(fit, [{ ...target!, simulator: { ...simulator, effects: ['jitter', 'stalls'] } }]);
    expect(unfolded(text)).toContain('the simulator also has jitter, stalls, which the fitted form does not');
    expect(text).toMatch(/known +simulator +inside/);
  });

  test('two truths are compared with none', () => {
    const other = { ...simulator, parameters: { ...simulator.parameters, step_overhead_s: 1 }, seed: 99 };
    const text = report(fit, [target!, { ...target!, name: 'b', simulator: other }]);
    expect(text).not.toMatch(/known +simulator/);
    expect(unfolded(text)).toContain('compared with no simulator: the targets are made of 2 different sets');
  });
});

test('one number of one cell is singular', () => {
  const text = report({ ...fit, residuals: fit.residuals.slice(0, 1) });
  expect(text).toContain('1 number from 1 cell;');
});

test('no line of a real device is wider than 80 columns', () => {
  const text = report(withWins(true), [{ ...target!, simulator: null }]);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});
