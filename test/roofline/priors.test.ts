import { expect, test } from 'vitest';
import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import { builtInCard } from '../../src/model/cards.ts';
import { PARAMETER_NAMES } from '../../src/roofline/parameters.ts';
import { parameterPriors, specPeak } from '../../src/roofline/priors.ts';

const card = builtInCard('llama-3.1-8b-fp8')!;
const h100 = findAccelerator('h100-sxm');

test('spec peaks give the centre, in the format that the model computes in', () => {
  const priors = parameterPriors(h100, card);
  expect(priors.gemm_flop_per_s.centre).toBeCloseTo(0.5 * 1979e12);
  expect(priors.attention_flop_per_s.centre).toBeCloseTo(0.4 * 989e12);
  expect(priors.memory_bytes_per_s).toMatchObject({ centre: 0.8 * 3.35e12, log_sd: 0.15 });
  expect(priors.step_overhead_s).toEqual({ centre: 3e-3, log_sd: 0.8, lower: 10e-6, upper: 30e-3 });
});

test('every centre lies between its bounds, with and without a spec sheet', () => {
  for (const priors of [parameterPriors(h100, card), parameterPriors(null, card)]) {
    for (const name of PARAMETER_NAMES) {
      const { lower, centre, upper, log_sd } = priors[name];
      expect(lower).toBeLessThan(centre);
      expect(centre).toBeLessThan(upper);
      expect(log_sd).toBeGreaterThan(0);
    }
  }
});

test('a peak that nobody publishes is filled by the rule and marked; none at all is a weak prior', () => {
  expect(specPeak('gemm_flop_per_s', findAccelerator('rubin-cpx'), card)).toEqual({
    value: 10_000e12,
    published: false,
  });
  expect(specPeak('gemm_flop_per_s', null, card)).toBeNull();
  expect(parameterPriors(null, card).memory_bytes_per_s.log_sd).toBeGreaterThan(1);
});
