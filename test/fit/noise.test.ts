import { describe, expect, test } from 'vitest';
import { estimateNoise, type NoiseTerm, termSd } from '../../src/fit/noise.ts';
import { huberWeight, priorWeight } from '../../src/fit/robust.ts';
import { createRandom } from '../../src/stats/random.ts';

const random = createRandom(3);
const normal = (): number =>
  Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());

const terms = (n: number, metric: 'ttft' | 'tpot', sd: number): NoiseTerm[] =>
  Array.from({ length: n }, () => ({
    residual: sd * normal(),
    measured_error: 0.002,
    discrepancy: 0.001,
    metric,
    regime: 'alone',
    weight: 1,
    freedom: 1,
  }));

describe('estimateNoise', () => {
  test('finds the misfit of each metric under known noise', () => {
    const { misfit } = estimateNoise([...terms(4000, 'ttft', 0.06), ...terms(4000, 'tpot', 0.02)]);
    expect(misfit.ttft).toBeCloseTo(0.06, 2);
    expect(misfit.tpot).toBeCloseTo(0.02, 2);
  });

  test('residuals of the measurement alone leave no misfit and little of the assumed discrepancy', () => {
    const noise = estimateNoise([...terms(2000, 'ttft', 0.0018), ...terms(2000, 'tpot', 0.0018)]);
    expect(noise.misfit).toEqual({ ttft: 0, tpot: 0 });
    expect(noise.alone_scale).toBeLessThan(0.1);
    expect(termSd(terms(1, 'tpot', 0)[0]!, noise)).toBeCloseTo(0.002, 4);
  });

  test('where requests share steps the discrepancy is never talked away', () => {
    const shared = terms(2000, 'tpot', 0).map((term) => ({ ...term, regime: 'shared' as const }));
    const noise = estimateNoise(shared);
    expect(termSd(shared[0]!, noise)).toBeCloseTo(Math.hypot(0.002, 0.001), 9);
  });
});

test('robust weights: full inside, falling outside; a prior lets go of a far truth', () => {
  expect(huberWeight(1.9)).toBe(1);
  expect(huberWeight(-4)).toBeCloseTo(0.5);
  expect(priorWeight(0)).toBe(1);
  expect(priorWeight(8)).toBeLessThan(0.06);
});
