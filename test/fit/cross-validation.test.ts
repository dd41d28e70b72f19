import { describe, expect, test } from 'vitest';
import { blocksOf } from '../../src/fit/blocks.ts';
import { intervalFactors } from '../../src/fit/conformal.ts';
import { leaveOut } from '../../src/fit/cross-validation.ts';
import { cellErrors, summariseErrors } from '../../src/fit/errors.ts';
import { fittedModel } from '../../src/fit/fit-dataset.ts';
import { type FitOptions, fitRoofline } from '../../src/fit/fit-roofline.ts';
import { modelAt } from '../../src/fit/problem.ts';
import { studentTQuantile } from '../../src/stats/student-t.ts';
import { cellsOf, gridOf } from './made-cells.ts';
import { card, priors } from './virtual.ts';

const options: FitOptions = { seed: 1, starts: 3, predictor: 'closed_form' };
const GRID = gridOf([256, 2048, 8192, 20_000], [128], [1, 4, 16, 48], [1, 2]);
const cells = cellsOf(GRID, { noise: 0.02 });
const fit = fitRoofline({ card, priors, observations: cells }, options);

describe('leaveOut', () => {
  test('one linear step comes close to a fit that never saw the block', () => {
    for (const block of blocksOf(cells).filter(({ kind }) => kind === 'shape')) {
      const rest = cells.filter((one) => !block.cells.has(one));
      const refit = fitRoofline({ card, priors, observations: rest }, options);
      const { names } = refit;
      const model = modelAt(priors, names, refit.solution.point);
      for (const { observation, metric, residual, sd } of leaveOut(fit, block.cells)) {
        const means = refit.solution.problem.cells.latencies(model, observation);
        const predicted = metric === 'ttft' ? means.ttftSeconds : means.tpotSeconds!;
        const own = Math.log(predicted / observation[metric]!.seconds);
        expect(Math.abs(residual - own)).toBeLessThan(0.5 * sd);
      }
    }
  });

  test('a block that is left out fits worse than one that was seen, and claims to be less certain', () => {
    const seen = new Map(fit.terms.map((term) => [`${term.observation.cells} ${term.metric}`, term]));
    let [unseenSquares, seenSquares] = [0, 0];
    for (const block of blocksOf(cells)) {
      for (const { observation, metric, residual, sd } of leaveOut(fit, block.cells)) {
        const own = seen.get(`${observation.cells} ${metric}`)!;
        expect(sd).toBeGreaterThanOrEqual(own.sd);
        unseenSquares += residual ** 2;
        seenSquares += own.residual ** 2;
      }
    }
    expect(unseenSquares).toBeGreaterThan(seenSquares);
  });
});

describe('interval factors', () => {
  test('with too few cells they are Student’s', () => {
    const few = fitRoofline({ card, priors, observations: cells.slice(0, 9) }, options);
    const student = studentTQuantile(0.95, few.degrees_of_freedom);
    expect(intervalFactors(few)).toEqual({ ttft: student, tpot: student });
  });

  test('nine of ten measurements of shapes that were never seen lie inside the intervals', () => {
    const fresh = cellsOf(gridOf([700, 4000, 14_000], [200, 64], [1, 2, 8, 32], [1, 2]), {
      noise: 0.02,
      seed: 9,
    });
    const { ttft_ms, tpot_ms } = summariseErrors(cellErrors(fittedModel(fit), fresh, 'closed_form'));
    const pooled = (ttft_ms!.coverage_90 + tpot_ms!.coverage_90) / 2;
    expect(pooled).toBeGreaterThan(80);
    expect(pooled).toBeLessThan(99);
  });
});
