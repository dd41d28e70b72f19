import { describe, expect, test } from 'vitest';
import { expectedModel } from '../../src/fit/family/expected-model.ts';
import { familyOf } from '../../src/fit/family/family.ts';
import { traitsOf } from '../../src/fit/family/member.ts';
import { narrowed } from '../../src/fit/family/narrow.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import { fitInput } from '../../src/fit/fit-input.ts';
import { observationsFromRuns } from '../../src/fit/from-runs.ts';
import { jointDistance, jointResiduals, jointWeight } from '../../src/fit/joint-prior.ts';
import { priorModel } from '../../src/fit/next-prior.ts';
import { DEFAULT_FIT_OPTIONS } from '../../src/fit/search.ts';
import { PARAMETER_NAMES } from '../../src/roofline/parameters.ts';
import { accelerator, card, measureSuite, priors, truth } from './virtual.ts';

const read = observationsFromRuns([measureSuite([1])]);
const dataset = { ...read, unknown: [] };
const { predictors } = priorModel(card, priors, PARAMETER_NAMES);
const expected = {
  model: expectedModel(
    familyOf([]).expect(traitsOf(accelerator, 'vllm', card)),
    accelerator,
    card,
    predictors,
  ),
  degrees: 6,
};
const options = { ...DEFAULT_FIT_OPTIONS, predictor: 'closed_form', starts: 3 } as const;
const fitOf = (count: number, more = {}) =>
  fitDataset({ ...dataset, observations: dataset.observations.slice(0, count) }, { ...options, ...more });

describe('the prior of all columns together', () => {
  const { joint } = fitInput(dataset, { ...options, expected });
  const [first, ...rest] = joint!.centre;
  const off = [first! + 1, ...rest];

  test('is over what a dense model has, and whitens by the whole covariance', () => {
    expect(joint!.names).toEqual(PARAMETER_NAMES.filter((name) => name !== 'expert_flop_per_s'));
    expect(jointResiduals(joint!, joint!.centre).every((one) => one === 0)).toBe(true);
    const squares = jointResiduals(joint!, off).reduce((sum, one) => sum + one ** 2, 0);
    expect(squares).toBeCloseTo(jointDistance(joint!, off), 9);
  });

  test('is believed less the farther a server lies from it', () => {
    expect(jointWeight(joint!, off)).toBe(1);
    const far = [first! + 20, ...rest];
    expect(jointWeight(joint!, far)).toBeLessThan(0.1);
  });
});

describe('a fit that starts from it', () => {
  test('takes one cell, and lands where the expectation narrowed by that cell does', () => {
    const { fit, model } = fitOf(1, { expected, predictor: 'scheduler' });
    const direct = narrowed(expected.model, dataset.observations.slice(0, 1));
    for (const name of fit.names) {
      const apart = Math.abs(Math.log(fit.parameters[name] / direct.parameters[name]));
      const column = PARAMETER_NAMES.indexOf(name);
      expect(apart).toBeLessThan(0.3 * Math.sqrt(expected.model.covariance[column]![column]!));
    }
    // What models of servers miss is not zero because one cell is explained.
    expect(model.predictors.scheduler.noise.misfit.tpot).toBeGreaterThan(0.005);
    expect(model.degrees_of_freedom).toBeGreaterThanOrEqual(expected.degrees);
  });

  test('of many cells is the fit that they make by themselves', () => {
    const [with_, without] = [fitOf(99, { expected }).fit, fitOf(99).fit];
    for (const name of ['memory_bytes_per_s', 'gemm_flop_per_s', 'request_overhead_s'] as const) {
      expect(with_.parameters[name] / without.parameters[name]).toBeCloseTo(1, 1);
      expect(with_.parameters[name] / truth[name]).toBeCloseTo(1, 0);
    }
  });

  test('knows of links what it was told, where no cell has any', () => {
    const { fit } = fitOf(3, { expected });
    const column = fit.names.indexOf('link_bytes_per_s');
    expect(fit.covariance.standardErrors[column]).toBeCloseTo(
      Math.sqrt(
        expected.model.covariance[PARAMETER_NAMES.indexOf('link_bytes_per_s')]![
          PARAMETER_NAMES.indexOf('link_bytes_per_s')
        ]!,
      ),
      2,
    );
    expect(fitOf(3).fit.names).not.toContain('link_bytes_per_s');
  });
});
