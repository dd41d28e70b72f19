import { describe, expect, test } from 'vitest';
import { restartSpread } from '../../src/run/restart-spread.ts';
import { metrics } from '../agent/facts.ts';
import { cell, record } from './facts.ts';

const anchor = (restart: number | undefined, ttft: number, tpot: number, more = {}) =>
  record({
    key: `${restart} ${ttft}`,
    cell: cell({ anchor: 'start', ...(restart && { restart }), ...more }),
    metrics: metrics(ttft, tpot),
  });

describe('the spread between restarts', () => {
  test('is the standard deviation of the means over the starts, in percent', () => {
    const spread = restartSpread('h100', [
      anchor(undefined, 100, 10),
      anchor(1, 110, 10),
      anchor(2, 121, 10),
    ])!;
    expect(spread).toMatchObject({ target: 'h100', starts: 3, anchors: 1 });
    // Logarithms lie ln 1.1 apart.
    expect(spread.ttft!.between_starts_percent).toBeCloseTo(100 * Math.log(1.1), 9);
    // Half-widths are a 200th of the mean.
    expect(spread.ttft!.sampling_percent).toBeCloseTo(100 / 200 / 1.96, 9);
    expect(spread.tpot!.between_starts_percent).toBe(0);
  });

  test('takes start and end of one start as one, and pools several anchors', () => {
    const spread = restartSpread('h100', [
      anchor(undefined, 100, 10),
      record({ key: 'e', cell: cell({ anchor: 'end' }), metrics: metrics(121, 10) }),
      anchor(1, 110, 10),
      anchor(undefined, 50, 10, { concurrency: 4 }),
      anchor(1, 55, 10, { concurrency: 4 }),
    ])!;
    // The first anchor does not move (its start and end average to 110); the second moves by ln 1.1.
    expect(spread.ttft!.between_starts_percent).toBeCloseTo(100 * (Math.log(1.1) / 2), 9);
    expect(spread).toMatchObject({ starts: 2, anchors: 2 });
  });

  test('is none with one start, without anchors, or of cells that say nothing', () => {
    expect(restartSpread('h100', [anchor(undefined, 1, 1)])).toBeNull();
    expect(restartSpread('h100', [record(), record({ cell: cell({ restart: 1 }) })])).toBeNull();
    expect(
      restartSpread('h100', [anchor(undefined, 1, 1), { ...anchor(1, 2, 2), verdict: 'invalid' }]),
    ).toBeNull();
    expect(restartSpread('other', [anchor(undefined, 1, 1), anchor(1, 2, 2)])).toBeNull();
  });
});
