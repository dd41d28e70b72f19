import { describe, expect, test } from 'vitest';
import { fittedModel } from '../../../src/fit/fit-dataset.ts';
import { DEFAULT_FIT_OPTIONS, fitRoofline } from '../../../src/fit/fit-roofline.ts';
import { observationsFromRuns } from '../../../src/fit/from-runs.ts';
import { estimateOf } from '../../../src/fit/identifiability.ts';
import { card, priors, truth } from '../virtual.ts';
import { measureCell } from './tomography.ts';

const run = measureCell();
const { observations } = observationsFromRuns([run]);

describe('one cell of mixed lengths', () => {
  const fit = fitRoofline({ card, priors, observations }, DEFAULT_FIT_OPTIONS);

  test('gives every parameter that one tensor parallel size has, within a few percent', () => {
    expect(fit.names).toHaveLength(6);
    for (const name of fit.names) {
      const { value, state, interval_90 } = estimateOf(fit, priors, name);
      expect(state).toBe('identified');
      expect(Math.abs(value / truth[name] - 1)).toBeLessThan(0.06);
      expect(interval_90![0]).toBeLessThan(truth[name] * 1.02);
      expect(interval_90![1]).toBeGreaterThan(truth[name] * 0.98);
    }
  });

  test('by means alone knows next to nothing', () => {
    const means = observations.map(({ steps: _, ...one }) => one);
    const poor = fitRoofline({ card, priors, observations: means }, DEFAULT_FIT_OPTIONS);
    const dominated = poor.names.filter((name) => estimateOf(poor, priors, name).state === 'prior_dominated');
    expect(dominated.length).toBeGreaterThanOrEqual(4);
  });
});

test('a device with kernels by size: the mean of each kernel says little, the steps within it much', () => {
  const real = observationsFromRuns([measureCell({ effects: ['kernel_steps'] })]).observations;
  const fit = fitRoofline({ card, priors, observations: real }, DEFAULT_FIT_OPTIONS);
  expect(fit.noise.misfit.tpot).toBeGreaterThan(0.03);
  const memory = estimateOf(fit, priors, 'memory_bytes_per_s');
  expect(Math.abs(memory.value / truth.memory_bytes_per_s - 1)).toBeLessThan(0.1);
  const table = fittedModel(fit).residual_table!;
  expect(table.unseen_mape.with).toBeLessThan(0.5 * table.unseen_mape.without);
});
