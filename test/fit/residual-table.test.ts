import { describe, expect, test } from 'vitest';
import { type FitOptions, fitRoofline } from '../../src/fit/fit-roofline.ts';
import type { Observation } from '../../src/fit/observations.ts';
import { residualTable } from '../../src/fit/residual-table.ts';
import { cellsOf, gridOf, scaled } from './made-cells.ts';
import { card, priors } from './virtual.ts';

const options: FitOptions = { seed: 1, starts: 3, predictor: 'closed_form' };
const smooth = cellsOf(gridOf([256, 1024, 4096], [128, 512], [1, 4, 8, 16, 32, 64]), { noise: 0.005 });
/** Kernels for 16 to 31 streams are a tenth slower than the roofline says, whatever the shape. */
const slow = (one: Observation): boolean => one.concurrency === 16;
const stepped = smooth.map((one) => (slow(one) ? scaled([one], 'tpot', 1.1)[0]! : one));
const tableOf = (observations: readonly Observation[]) =>
  residualTable(fitRoofline({ card, priors, observations }, options));

describe('the table of what kernels chosen by batch size do to TPOT', () => {
  test('is not there where the roofline says all', () => {
    expect(tableOf(smooth)).toBeNull();
  });

  test('has the batch size that is slow, and shapes that were not seen are predicted better with it', () => {
    const table = tableOf(stepped)!;
    const bucket = table.buckets.find(({ least, most }) => least <= 16 && 16 <= most)!;
    expect(bucket).toMatchObject({ tensor_parallel: 1, least: 16, most: 31, cells: 6 });
    expect(bucket.ratio).toBeGreaterThan(1.04);
    expect(bucket.ratio).toBeLessThan(1.1);
    expect(table.unseen_mape.with).toBeLessThan(table.unseen_mape.without);
  });

  test('is not there where shapes do not share what is slow', () => {
    const own = smooth.map((one) =>
      slow(one) ? scaled([one], 'tpot', one.input_tokens === 1024 ? 0.9 : 1.1)[0]! : one,
    );
    const mixed = own.map((one) =>
      slow(one) && one.output_tokens === 512
        ? scaled([one], 'tpot', one.input_tokens === 1024 ? 1.2 : 0.83)[0]!
        : one,
    );
    expect(tableOf(mixed)).toBeNull();
  });
});
