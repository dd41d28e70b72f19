import { describe, expect, test } from 'vitest';
import {
  countedNoise,
  discrepancyOf,
  estimateNoise,
  type NoiseTerm,
  regimeOf,
  termSd,
} from '../../src/fit/noise.ts';
import { HUBER_K, huberWeight, priorWeight } from '../../src/fit/robust.ts';
import { createRandom } from '../../src/stats/random.ts';

const random = createRandom(3);
const normal = (): number =>
  Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());

const terms = (n: number, metric: 'ttft' | 'tpot', sd: number): NoiseTerm[] =>
  Array.from({ length: n }, () => {
    const z = normal();
    return {
      residual: sd * z,
      measured_error: 0.002,
      discrepancy: 0.001,
      metric,
      regime: 'exact',
      weight: huberWeight(z),
      freedom: 1,
    };
  });

describe('estimateNoise', () => {
  test('finds the misfit of each metric under known noise', () => {
    const { misfit } = estimateNoise([...terms(4000, 'ttft', 0.06), ...terms(4000, 'tpot', 0.02)]);
    expect(misfit.ttft).toBeCloseTo(0.06, 2);
    expect(misfit.tpot).toBeCloseTo(0.02, 2);
  });

  test('residuals smaller than the known noise leave no misfit, and are believed where the predictor is exact', () => {
    const noise = estimateNoise([...terms(4000, 'ttft', 0.0018), ...terms(4000, 'tpot', 0.0006)]);
    expect(noise.misfit).toEqual({ ttft: 0, tpot: 0 });
    expect(termSd(terms(1, 'ttft', 0)[0]!, noise)).toBeCloseTo(0.0018, 4);
    expect(termSd(terms(1, 'tpot', 0)[0]!, noise)).toBeCloseTo(0.0006, 4);
  });

  test('a few residuals that happen to be tiny are not believed to the last', () => {
    const noise = estimateNoise(terms(6, 'tpot', 1e-6));
    expect(termSd(terms(1, 'tpot', 0)[0]!, noise)).toBeGreaterThan(0.0002);
  });

  test('where a predictor is approximate its discrepancy is never talked away', () => {
    const shared = terms(2000, 'tpot', 0).map((term) => ({ ...term, regime: 'approximate' as const }));
    const noise = estimateNoise(shared);
    expect(termSd(shared[0]!, noise)).toBeCloseTo(Math.hypot(0.002, 0.001), 9);
  });
});

test('robust weights: full inside, falling outside; a prior lets go of a far truth', () => {
  expect(huberWeight(1.3)).toBe(1);
  expect(huberWeight(-4)).toBeCloseTo(HUBER_K / 4);
  expect(priorWeight(0)).toBe(1);
  expect(priorWeight(8)).toBeLessThan(0.06);
});

describe('countedNoise', () => {
  test('TTFT counts at least half as much as TPOT, however much worse it is explained', () => {
    expect(
      countedNoise({ misfit: { ttft: 0.3, tpot: 0.04 }, exact_scale: { ttft: 1, tpot: 1 } }).misfit,
    ).toEqual({
      ttft: 0.08,
      tpot: 0.04,
    });
    expect(
      countedNoise({ misfit: { ttft: 0.05, tpot: 0.04 }, exact_scale: { ttft: 1, tpot: 1 } }).misfit.ttft,
    ).toBe(0.05);
  });

  test('a TPOT without misfit does not silence TTFT, and TPOT itself is never changed', () => {
    expect(
      countedNoise({ misfit: { ttft: 0.3, tpot: 0 }, exact_scale: { ttft: 1, tpot: 1 } }).misfit,
    ).toEqual({
      ttft: 0.02,
      tpot: 0,
    });
  });
});

test('the scheduler follows a server exactly; the closed form only a request that is alone', () => {
  expect([regimeOf('scheduler', 64), regimeOf('closed_form', 1)]).toEqual(['exact', 'exact']);
  expect(regimeOf('closed_form', 2)).toBe('approximate');
  const crowded = { queueShare: 0.5, rough: false };
  expect(discrepancyOf('closed_form', 'ttft', 64, crowded)).toBeGreaterThan(0.3);
  expect(discrepancyOf('closed_form', 'ttft', 64, { ...crowded, rough: true })).toBe(0.2);
  expect(discrepancyOf('scheduler', 'ttft', 64, crowded)).toBeLessThan(0.01);
});
