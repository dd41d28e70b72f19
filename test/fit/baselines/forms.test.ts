import { describe, expect, test } from 'vitest';
import { BASELINE_FORMS } from '../../../src/fit/baselines/forms.ts';
import type { LatencyMetric, Observation } from '../../../src/fit/observations.ts';
import { context, grid, measuredAs } from './cells.ts';

/** Every form that fits numbers, with a device that it describes exactly. */
const EXACT: readonly (readonly [string, LatencyMetric, (one: Observation) => number])[] = [
  ['a + b·concurrency, per TP', 'tpot', (one) => 5e-3 + 1e-4 * one.concurrency],
  ['a + b·input·concurrency, per TP', 'ttft', (one) => 0.02 + 1e-5 * one.input_tokens * one.concurrency],
  [
    'a + concurrency·(b·tokens computed + c·tokens read), per TP',
    'tpot',
    ({ concurrency, input_tokens: i, mean_output_tokens: o }) =>
      5e-3 + concurrency * ((2e-5 * (i + o)) / (o + 1) + 3e-8 * (i + o / 2)),
  ],
  [
    'a + b·KV tokens + c·concurrency, per TP',
    'tpot',
    ({ concurrency, input_tokens: i, mean_output_tokens: o }) =>
      5e-3 + 3e-8 * concurrency * (i + o / 2) + 4e-5 * concurrency,
  ],
  [
    'a + b·prompt tokens + c·concurrency, per TP',
    'tpot',
    ({ concurrency, input_tokens: i }) => 5e-3 + 3e-8 * concurrency * i + 4e-5 * concurrency,
  ],
  [
    'a + concurrency·(b·input + c·input²), per TP',
    'ttft',
    ({ concurrency, input_tokens: i }) => 0.02 + concurrency * (1e-5 * i + 2e-9 * i ** 2),
  ],
];

const formOf = (form: string) => BASELINE_FORMS.find((one) => one.form === form)!;

describe.each(EXACT)('%s', (form, metric, seconds) => {
  test('is exact on cells it was not trained on, where a device is like that', () => {
    const cells = measuredAs(grid(), metric, (one) => seconds(one));
    const [held, seen] = [cells.slice(0, 3), cells.slice(3)];
    const { predict } = formOf(form).train(seen, context);
    for (const one of held) expect(predict(one)! / one[metric]!.seconds).toBeCloseTo(1, 6);
  });

  test('fits its numbers anew for every tensor parallel size and has no answer for another one', () => {
    const factor = (one: Observation) => 1 / one.engine.tensorParallel;
    const cells = measuredAs(grid([1, 2]), metric, (one) => seconds(one) * factor(one));
    const trained = formOf(form).train(cells, context);
    for (const one of cells) expect(trained.predict(one)! / one[metric]!.seconds).toBeCloseTo(1, 6);
    expect(trained.fitted_numbers).toBe(2 * formOf(form).fitted_numbers_per_tp);
    for (const one of grid([4])) expect(trained.predict(one)).toBeNull();
  });

  test('needs more cells than it fits numbers', () => {
    const cells = grid();
    const numbers = formOf(form).fitted_numbers_per_tp;
    const spread = cells.filter((_, i) => i % 5 === 0).slice(0, numbers);
    expect(formOf(form).train(spread, context).predict(cells[0]!)).toBeNull();
    expect(formOf(form).train(spread, context).fitted_numbers).toBe(0);
  });
});

test('every form that fits numbers is checked here', () => {
  const fitting = BASELINE_FORMS.filter((one) => one.fitted_numbers_per_tp > 0);
  expect(fitting.map(({ form, metric }) => [form, metric])).toEqual(
    EXACT.map(([form, metric]) => [form, metric]),
  );
});

test('cells at one load alone do not tell a slope', () => {
  const alone = grid().filter(({ concurrency }) => concurrency === 4);
  const { predict } = formOf('a + b·concurrency, per TP').train(alone, context);
  expect(predict(alone[0]!)).toBeNull();
});

test('a cell whose metric was not measured teaches nothing', () => {
  const cells = measuredAs(grid(), 'tpot', (one) => 5e-3 + 1e-4 * one.concurrency);
  const blank = cells.map((one, i) => (i % 3 === 0 ? { ...one, tpot: null } : one));
  const { predict } = formOf('a + b·concurrency, per TP').train(blank, context);
  for (const one of cells) expect(predict(one)).toBeCloseTo(one.tpot!.seconds, 9);
});
