import { describe, expect, test } from 'vitest';
import { bootstrap } from '../../src/fit/bootstrap.ts';
import { type FitOptions, fitRoofline } from '../../src/fit/fit-roofline.ts';
import { cellsOf, gridOf } from './made-cells.ts';
import { card, priors } from './virtual.ts';

const options: FitOptions = { seed: 1, starts: 3, predictor: 'closed_form' };
const cells = cellsOf(gridOf([256, 2048, 8192, 20_000], [128, 2], [1, 4, 16, 48], [1, 2]), { noise: 0.01 });
const fit = fitRoofline({ card, priors, observations: cells }, options);
const replicates = { replicates: 60, seed: 3 };

describe('bootstrap', () => {
  const found = bootstrap(fit, replicates)!;

  test('cells of one shape and tensor parallel size are drawn together', () => {
    expect(found).toMatchObject({ clusters: 16, replicates: 60, checked: 10 });
  });

  test('linear steps stand for refits where ten full refits agree with them', () => {
    expect(found.method).toBe('linearised');
    expect(found.largest_disagreement).toBeLessThan(0.2);
    expect(found.largest_disagreement).toBeGreaterThan(0);
  });

  test('its spread is of the size of the covariance’s', () => {
    fit.names.forEach((_, j) => {
      const [low, high] = found.intervals[j]!;
      expect(low).toBeLessThan(high);
      const ratio = (high - low) / (2 * 1.645 * fit.covariance.standardErrors[j]!);
      expect(ratio).toBeGreaterThan(0.3);
      expect(ratio).toBeLessThan(3);
    });
  });

  test('the same for the same seed, another for another', () => {
    expect(bootstrap(fit, replicates)).toEqual(found);
    expect(bootstrap(fit, { ...replicates, seed: 4 })!.intervals).not.toEqual(found.intervals);
  });
});

test('three clusters tell nothing about a fourth', () => {
  const few = cells.filter((one) => one.engine.tensorParallel === 1 && one.output_tokens === 128);
  const three = few.filter((one) => one.input_tokens < 20_000);
  expect(bootstrap(fitRoofline({ card, priors, observations: few }, options), replicates)).not.toBeNull();
  expect(bootstrap(fitRoofline({ card, priors, observations: three }, options), replicates)).toBeNull();
});
