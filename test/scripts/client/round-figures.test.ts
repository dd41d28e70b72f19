import { expect, test } from 'vitest';
import type { ClientFigures } from '../../../scripts/client/figures.ts';
import { cpuRatio, medianFigures } from '../../../scripts/client/round-figures.ts';

const cpu = (cpuPerEvent: number | null) => ({ cpuPerEvent });

test('the ratio of two clients is that of all they used, with what pairs of rounds scatter', () => {
  const ratio = cpuRatio([
    [cpu(4), cpu(4)],
    [cpu(6), cpu(9)],
  ]);
  expect(ratio).toMatchObject({ ofSums: 1.3, least: 1, most: 1.5 });
  expect(ratio.error).toBeCloseTo(0.25, 12);
});

test('a round whose CPU was not sampled is no round', () => {
  expect(() => cpuRatio([[cpu(4), cpu(null)]])).toThrow('no samples');
});

test('the figures of rounds are their medians; null where a round says nothing', () => {
  const round = (tpot: number, itlP50: number | null) => ({ tpot, itlP50 }) as ClientFigures;
  expect(medianFigures([round(3, 1), round(1, null), round(2, 1)])).toEqual({ tpot: 2, itlP50: null });
});
