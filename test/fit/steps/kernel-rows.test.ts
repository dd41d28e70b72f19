import { describe, expect, test } from 'vitest';
import { errorScale, kernelOffset, kernelRows, scatterWithin } from '../../../src/fit/steps/kernel-rows.ts';
import { createRandom } from '../../../src/stats/random.ts';

const random = createRandom(3);
const normal = () =>
  Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());

const KERNELS = 40;
const ROWS = 5;
const terms = Array.from({ length: KERNELS * ROWS }, (_, i) => {
  const least = 1 + 8 * Math.floor(i / ROWS);
  return {
    metric: 'tpot' as const,
    measured_error: 0.01,
    source: { kernel: { kind: 'decode' as const, least, most: least + 7 }, name: `steps ${least}` },
  };
});
const kernels = kernelRows(terms);
/** Residuals of rows that are off by their kernel and by themselves. */
const made = (own: number): number[] => {
  const level = kernels.map(() => 0.1 * normal());
  return terms.map((_, i) => level[Math.floor(i / ROWS)]! + own * normal());
};

describe('residuals of steps by kernel', () => {
  test('that scatter as their errors say have no scatter of their own, and keep their errors', () => {
    const residuals = made(0.01);
    expect(scatterWithin(kernels, terms, residuals, 'tpot')).toBeLessThan(0.004);
    expect(errorScale(kernels, terms, residuals, 'tpot')).toBeGreaterThan(0.85);
  });

  test('that scatter more have the rest as their own', () => {
    expect(scatterWithin(kernels, terms, made(0.03), 'tpot')).toBeCloseTo(
      Math.sqrt(0.03 ** 2 - 0.01 ** 2),
      2,
    );
  });

  test('that scatter less are believed, down to a quarter', () => {
    expect(errorScale(kernels, terms, made(0.005), 'tpot')).toBeCloseTo(0.5, 1);
    expect(errorScale(kernels, terms, made(1e-6), 'tpot')).toBe(0.25);
    expect(errorScale(kernels.slice(0, 2), terms, made(0.005), 'tpot')).toBe(1);
  });

  test('of a kernel are drawn towards none as far as its mean is uncertain', () => {
    const residuals = terms.map((_, i) => (i < ROWS ? 0.1 : 0));
    const sd = terms.map(() => 0.01);
    const ones = terms.map(() => 1);
    const { mean, offset } = kernelOffset(kernels[0]!, residuals, sd, ones, 0.01);
    expect(mean).toBeCloseTo(0.1, 9);
    expect(offset).toBeCloseTo((0.1 * 5) / 6, 9);
    expect(kernelOffset(kernels[0]!, residuals, sd, ones, 0).offset).toBe(0);
  });
});
