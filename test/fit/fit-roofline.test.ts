import { describe, expect, test } from 'vitest';
import { PREDICTORS } from '../../src/fit/cell-model.ts';
import { summariseErrors } from '../../src/fit/errors.ts';
import { errorsOn, fitDataset } from '../../src/fit/fit-dataset.ts';
import { type FitOptions, fitRoofline } from '../../src/fit/fit-roofline.ts';
import { observationsFromRuns } from '../../src/fit/from-runs.ts';
import { adviceFor, confoundedPairs, estimateOf } from '../../src/fit/identifiability.ts';
import type { Observation } from '../../src/fit/observations.ts';
import { PARAMETER_NAMES } from '../../src/roofline/parameters.ts';
import { card, measureSuite, priors, truth } from './virtual.ts';

const options: FitOptions = { seed: 1, starts: 5, predictor: 'closed_form' };
const data = observationsFromRuns([measureSuite()]);
const { observations } = data;
const seen = observations.filter((one) => !one.hold_out);
const input = { card, priors, observations: seen };
/** Llama has no experts. */
const NAMES = PARAMETER_NAMES.filter((name) => name !== 'expert_flop_per_s');

describe.each(PREDICTORS)('a simulated device without extra effects, TP 1 and 2, by %s', (predictor) => {
  const dataset = { ...data, observations: seen };
  const own: FitOptions = { ...options, starts: 9, predictor };
  const whole = fitDataset(dataset, own);
  const { fit } = whole;

  test.each(NAMES)('%s comes back within 3 %', (name) => {
    const estimate = estimateOf(fit, priors, name);
    expect(estimate.state).toBe('identified');
    expect(Math.abs(estimate.value / truth[name] - 1)).toBeLessThan(0.03);
  });

  test('every start that is kept agrees, and the fit settled', () => {
    expect(fit.predictor).toBe(predictor);
    expect(fit.converged).toBe(true);
    expect(fit.agreeing_starts).toBeGreaterThan(1);
  });

  test('cells that it did not see are predicted within 3 %, inside their intervals', () => {
    const held = observations.filter((one) => one.hold_out);
    const errors = errorsOn(whole, held, predictor);
    expect(errors.length).toBeGreaterThan(4);
    for (const { metric, error_percent } of errors) {
      expect(Math.abs(error_percent)).toBeLessThan(metric === 'ttft_ms' ? 4 : 2);
    }
    expect(summariseErrors(errors).tpot_ms!.coverage_90).toBe(100);
  });

  test('the same data and seed give the same figures; another seed gives the same fit', () => {
    expect(fitRoofline(input, own).parameters).toEqual(fit.parameters);
    const other = fitRoofline(input, { ...own, seed: 5 });
    for (const name of PARAMETER_NAMES) {
      expect(other.parameters[name] / fit.parameters[name]).toBeCloseTo(1, 3);
    }
  });
});

test('one gross outlier moves no parameter by more than its interval, and shows by its weight', () => {
  const spoilt = seen.map((one, i) =>
    i === 6 ? { ...one, ttft: { ...one.ttft!, seconds: 3 * one.ttft!.seconds } } : one,
  );
  const robust = fitRoofline({ ...input, observations: spoilt }, options);
  expect(Math.min(...robust.terms.map((term) => term.weight))).toBeLessThan(0.5);
  for (const name of ['gemm_flop_per_s', 'memory_bytes_per_s'] as const) {
    const [low, high] = estimateOf(robust, priors, name).interval_90!;
    expect(truth[name]).toBeGreaterThan(low * 0.97);
    expect(truth[name]).toBeLessThan(high * 1.03);
  }
});

describe('what the data cannot tell', () => {
  const single = seen.filter((one) => one.engine.tensorParallel === 1);

  test('links are not in the data of TP 1, experts not in that of a model without', () => {
    const one = fitRoofline({ ...input, observations: single }, options);
    expect(one.not_in_data).toEqual(['expert_flop_per_s', 'all_reduce_latency_s', 'link_bytes_per_s']);
    expect(estimateOf(one, priors, 'link_bytes_per_s')).toMatchObject({
      state: 'not_in_data',
      interval_90: null,
      value: priors.link_bytes_per_s.centre,
    });
  });

  test('without TP 1 what a step and what an all-reduce costs are told together alone', () => {
    const linked = observationsFromRuns([measureSuite([2, 4])]).observations;
    const pairs = confoundedPairs(fitRoofline({ ...input, observations: linked }, options));
    expect(pairs.map(({ parameters }) => parameters)).toEqual([['step_overhead_s', 'all_reduce_latency_s']]);
  });

  test('a parameter that the prior tells is named with those that would tell it', () => {
    const loaded = observationsFromRuns([measureSuite([2])]).observations.filter(
      (one) => one.concurrency > 1,
    );
    const fit = fitRoofline({ ...input, observations: loaded }, options);
    expect(estimateOf(fit, priors, 'link_bytes_per_s').state).toBe('prior_dominated');
    const pair = confoundedPairs(fit).find(({ parameters: [a, b] }) =>
      `${a} ${b}`.startsWith('gemm_flop_per_s link'),
    )!;
    expect(Math.abs(pair.correlation)).toBeGreaterThan(0.87);
    expect(Math.abs(pair.correlation)).toBeLessThan(0.95);
  });

  test('without many streams the time per sequence is the prior alone, and the advice says what would tell', () => {
    const alone = single.filter((one) => one.concurrency === 1);
    const few = fitRoofline({ ...input, observations: alone }, options);
    expect(estimateOf(few, priors, 'sequence_overhead_s').state).toBe('prior_dominated');
    expect(adviceFor('sequence_overhead_s')).toContain('concurrency 64');
  });

  test('a value far outside the bounds ends at the bound and has no interval', () => {
    const slow = (one: Observation): Observation => ({
      ...one,
      ttft: one.ttft && { ...one.ttft, seconds: one.ttft.seconds + 2 },
    });
    const shifted = fitRoofline({ ...input, observations: single.map(slow) }, options);
    expect(estimateOf(shifted, priors, 'request_overhead_s')).toMatchObject({
      state: 'at_bound',
      interval_90: null,
    });
  });
});
