import { describe, expect, test } from 'vitest';
import { BASELINE_FORMS } from '../../../src/fit/baselines/forms.ts';
import { baselineErrors, baselinesBesideFit } from '../../../src/fit/baselines/score.ts';
import type { Observation } from '../../../src/fit/observations.ts';
import { context, grid, measuredAs } from './cells.ts';

const line = (one: Observation) => 5e-3 + 1e-4 * one.concurrency;
const forms = BASELINE_FORMS.filter(({ form }) => form === 'a + b·concurrency, per TP');
const cells = measuredAs(grid([1, 2]), 'tpot', line);
const of = (tp: number) => cells.filter((one) => one.engine.tensorParallel === tp);
const slower = (part: readonly Observation[], factor: number) =>
  measuredAs(part, 'tpot', (one) => line(one) * factor);

describe('errors of baselines', () => {
  test('are those of the tested cells, of a line drawn through the others', () => {
    const [one] = baselineErrors(forms, of(1), slower(of(1), 2), context);
    expect(one).toMatchObject({ name: 'straight line', metric: 'tpot_ms', n: 16, refused: 0 });
    expect(one!.mape).toBeCloseTo(50, 6);
    expect(one!.median_ape).toBeCloseTo(50, 6);
    expect(one!.fitted_numbers).toBe(2);
  });

  test('a tensor parallel size outside the training part is refused, counted and not guessed', () => {
    const [one] = baselineErrors(forms, of(1), of(2), context);
    expect(one).toMatchObject({ n: 0, refused: 16, mape: null, median_ape: null, fitted_numbers: 2 });
  });

  test('cells without the metric are neither scored nor refused', () => {
    const unmeasured = of(1).map((each) => ({ ...each, tpot: null }));
    const [one] = baselineErrors(forms, of(1), unmeasured, context);
    expect(one).toMatchObject({ n: 0, refused: 0 });
  });

  test('every form is scored on its own metric', () => {
    const errors = baselineErrors(BASELINE_FORMS, cells, cells, context);
    expect(errors).toHaveLength(BASELINE_FORMS.length);
    for (const { n, refused } of errors) expect(n + refused).toBe(32);
  });
});

describe('baselines beside the fit', () => {
  const folds = [
    { training: of(1), testing: slower(of(1), 2) },
    { training: of(1), testing: of(2) },
    { training: cells, testing: slower(of(2), 1.25) },
  ];
  // The line is 50 % too low on the first fold, refuses the second and is 20 % too low on the third: 35 % on the whole.
  const besides = (own: Parameters<typeof baselinesBesideFit>[3]) =>
    baselinesBesideFit(forms, folds, context, own)[0]!;

  test('folds are pooled by cell', () => {
    const one = besides(() => 10);
    expect(one).toMatchObject({ n: 32, refused: 16, fit_mape: 10, wins: false, fitted_numbers: 4 });
    expect(one.mape).toBeCloseTo(35, 6);
  });

  test('the fit is judged on the cells that the baseline answered, whichever way it errs', () => {
    const answered = new Set([...folds[0]!.testing, ...folds[2]!.testing]);
    const worseElsewhere = besides((one) => (answered.has(one) ? -34 : -1000));
    expect(worseElsewhere).toMatchObject({ fit_mape: 34, wins: false });
    const worseHere = besides((one) => (answered.has(one) ? -36 : 0));
    expect(worseHere).toMatchObject({ fit_mape: 36, wins: true });
  });

  test('nobody wins where one of them has no answer', () => {
    expect(besides(() => null)).toMatchObject({ fit_mape: null, wins: false });
    const refused = baselinesBesideFit(forms, [folds[1]!], context, () => 1000)[0]!;
    expect(refused).toMatchObject({ n: 0, mape: null, wins: false });
  });
});
