import { expect, test } from 'vitest';
import { meanOfSpread } from '../../../src/roofline/driving.ts';
import { spreadLengths } from '../../../src/roofline/scheduler/request-lengths.ts';

test('spread lengths are even in the logarithm and have the mean that the closed form takes', () => {
  const spread = [0.0625, 8] as const;
  const draw = spreadLengths(1024, spread, 1, 0);
  const lengths = Array.from({ length: 4096 }, draw);
  expect(Math.min(...lengths)).toBeGreaterThanOrEqual(64);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(8192);
  const mean = lengths.reduce((a, b) => a + b, 0) / lengths.length;
  expect(mean / (1024 * meanOfSpread(spread))).toBeCloseTo(1, 2);
  const octaves = Array.from({ length: 7 }, (_, k) =>
    lengths.filter((n) => Math.floor(Math.log2(n / 64)) === k),
  );
  for (const octave of octaves) expect(octave.length / lengths.length).toBeCloseTo(1 / 7, 1);
});

test('of so many lengths every one is as frequent, and their mean is what the closed form takes', () => {
  const spread = [0.0625, 8] as const;
  const draw = spreadLengths(1024, spread, 1, 0, 8);
  const lengths = Array.from({ length: 4096 }, draw);
  expect([...new Set(lengths)].sort((a, b) => a - b)).toEqual([64, 128, 256, 512, 1024, 2048, 4096, 8192]);
  const mean = lengths.reduce((a, b) => a + b, 0) / lengths.length;
  expect(mean / (1024 * meanOfSpread(spread, 8))).toBeCloseTo(1, 2);
});
