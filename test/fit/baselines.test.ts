import { expect, test } from 'vitest';
import { baselines, besideFit } from '../../src/fit/baselines.ts';
import { observationsFromRuns } from '../../src/fit/from-runs.ts';
import { accelerator, card, measureSuite } from './virtual.ts';

const { observations } = observationsFromRuns([measureSuite([1])]);

test('a straight line is exact on a straight line', () => {
  const line = observations.map((one) => ({
    ...one,
    tpot: { seconds: 0.01 + 0.001 * one.concurrency, relative_error: 0.01 },
  }));
  const tpot = baselines(accelerator, card, line).find(({ metric }) => metric === 'tpot_ms')!;
  expect(tpot.mape).toBeCloseTo(0, 9);
  expect(tpot.fitted_numbers).toBe(2);
});

test('the speed of light is faster than any device', () => {
  const light = baselines(accelerator, card, observations).filter(({ name }) => name === 'speed of light');
  expect(light.map(({ metric }) => metric)).toEqual(['ttft_ms', 'tpot_ms']);
  for (const { mape } of light) expect(mape).toBeGreaterThan(10);
});

test('without a spec sheet there is no speed of light', () => {
  expect(baselines(null, card, observations).map(({ name }) => name)).not.toContain('speed of light');
});

test('a baseline that is closer than the fit is told apart from one that is not', () => {
  const summary = { n: 5, median_ape: 1, p90_ape: 1, bias: 0, coverage_90: 90 };
  const judged = besideFit(baselines(accelerator, card, observations), {
    ttft_ms: { ...summary, mape: 1000 },
    tpot_ms: { ...summary, mape: 1e-9 },
  });
  expect(judged).toHaveLength(4);
  for (const { metric, wins } of judged) expect(wins).toBe(metric === 'ttft_ms');
});
