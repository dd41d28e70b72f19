import { expect, test } from 'vitest';
import { parseFit } from '../../src/fitfile/parse.ts';
import type { Fit } from '../../src/fitfile/schema.ts';
import { predict } from '../../src/predict/predict.ts';
import { madeFit, textOf, withContent } from '../fitfile/made-fit.ts';

const fit = madeFit();
const shape = { input: 2048, output: 128, concurrency: 8, tp: 2 } as const;
const KEYS = ['ttft', 'tpot', 'e2e', 'tbt'] as const;

test('percentiles only where they are asked for, in order, around the mean', () => {
  expect(predict(fit, shape).tails).toBeNull();
  const { tails, ...means } = predict(fit, { ...shape, tails: true });
  for (const metric of KEYS) {
    const values = ([50, 90, 95, 99] as const).map((q) => tails![`${metric}_p${q}_ms`].value!);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
  }
  expect(tails!.tbt_p50_ms.value!).toBeLessThan(means.tpot_ms.value!);
  expect(tails!.tbt_p99_ms.value!).toBeGreaterThan(2 * means.tpot_ms.value!);
});

test('a fit of cells that measured gaps knows what they show, and how far it is off', () => {
  const { traits, errors, misses } = fit.tails!;
  // The simulator here has no noise on its steps and no cost of prompts beyond the roofline's.
  expect(traits).toMatchObject({ prompt_step_ratio: 1, prompt_step_extra_s: 0 });
  expect(traits.step_spread).toBeLessThan(0.01);
  expect(errors.in_sample.tbt_p99_ms!.median_ape).toBeLessThan(2);
  expect(errors.hold_out!.tbt_p99_ms!.n).toBeGreaterThan(0);
  expect(misses.some(({ key }) => key === 'tbt_p99_ms')).toBe(true);
  const { value, interval_90 } = predict(fit, { ...shape, tails: true }).tails!.tbt_p99_ms;
  expect(interval_90![0]).toBeLessThan(value!);
  expect(interval_90![1]).toBeGreaterThan(value!);
});

test('a fit without the section is read, and its percentiles have no interval', () => {
  const { tails: _, ...content } = fit;
  const { digest: __, ...bare } = content;
  const old: Fit = parseFit(textOf(withContent(bare as Fit, {})), 'old.fit.json');
  expect(old.tails).toBeUndefined();
  const { tails } = predict(old, { ...shape, tails: true });
  expect(tails!.tbt_p99_ms.value).toBeGreaterThan(0);
  expect(tails!.tbt_p99_ms.interval_90).toBeNull();
});

test('outside the range intervals of percentiles widen as those of means do', () => {
  const width = (concurrency: number): number => {
    const { value, interval_90 } = predict(fit, { ...shape, concurrency, tails: true }).tails!.tpot_p50_ms;
    return Math.log(interval_90![1] / value!);
  };
  expect(width(128)).toBeGreaterThan(1.5 * width(64));
});

test('objectives are judged by means and percentiles, with how sure that is', () => {
  const asked = predict(fit, { ...shape, tails: true });
  const p99 = asked.tails!.tbt_p99_ms;
  const at = (limit: number) => predict(fit, { ...shape, objectives: { tbt_p99_ms: limit } }).objectives;
  expect(at(1.001 * p99.interval_90![1])).toMatchObject([{ key: 'tbt_p99_ms', met: true, sure: true }]);
  expect(at(1.0001 * p99.value!)).toMatchObject([{ met: true, sure: false, value_ms: p99.value }]);
  expect(at(0.9 * p99.interval_90![0])).toMatchObject([{ met: false, sure: true }]);
  const { objectives, tails } = predict(fit, { ...shape, objectives: { tbt_mean_ms: 1e3, ttft_mean_ms: 1 } });
  expect(tails).toBeNull();
  expect(objectives).toMatchObject([
    { key: 'tbt_mean_ms', met: true, value_ms: asked.tpot_ms.value },
    { key: 'ttft_mean_ms', met: false },
  ]);
  const single = predict(fit, { ...shape, output: 1, objectives: { tbt_p99_ms: 20 } }).objectives;
  expect(single).toMatchObject([{ met: null, value_ms: null, sure: null }]);
});

test('the closed form agrees, with intervals of its own misses', () => {
  const [scheduled, closed] = (['scheduler', 'closed_form'] as const).map(
    (predictor) => predict(fit, { ...shape, predictor, tails: true }).tails!,
  );
  for (const key of ['tpot_p99_ms', 'tbt_p50_ms', 'tbt_p99_ms', 'e2e_p90_ms'] as const) {
    expect(Math.abs(closed![key].value! / scheduled![key].value! - 1)).toBeLessThan(0.1);
  }
  const own = fit.tails!.closed_form_misses!;
  for (const key of ['tpot_p50_ms', 'tbt_p50_ms', 'tbt_p99_ms'] as const) {
    const { value, interval_90 } = closed![key];
    const miss = own.find((one) => one.key === key)!;
    expect(interval_90![0]).toBeLessThan(value!);
    expect(Math.log(interval_90![1] / value!)).toBeGreaterThanOrEqual(miss.log_half_width_90 - 1e-12);
  }
  const { closed_form_misses: _, ...older } = fit.tails!;
  const old = predict({ ...fit, tails: older }, { ...shape, predictor: 'closed_form', tails: true });
  expect(old.tails!.tbt_p99_ms.interval_90).toBeNull();
});

test('the steps between tokens, whose mean is TPOT, alike by both predictors; none of a single token', () => {
  const [scheduled, closed] = (['scheduler', 'closed_form'] as const).map((predictor) =>
    predict(fit, { ...shape, predictor, tails: true }),
  );
  for (const { steps, tpot_ms } of [scheduled!, closed!]) {
    const { pure_ms, mixed_share, mixed_ms } = steps!;
    expect(pure_ms! * (1 - mixed_share) + mixed_ms! * mixed_share).toBeCloseTo(tpot_ms.value!, 2);
    expect(pure_ms!).toBeLessThan(mixed_ms!);
  }
  expect(closed!.steps!.pure_ms! / scheduled!.steps!.pure_ms!).toBeCloseTo(1, 1);
  expect(closed!.steps!.mixed_share / scheduled!.steps!.mixed_share).toBeCloseTo(1, 1);
  expect(predict(fit, { ...shape, output: 1, tails: true }).steps).toBeNull();
  expect(predict(fit, shape).steps).toBeNull();
});

test('the traits of a fit move its steps apart, and keep TPOT', () => {
  const traits = { step_spread: 0.02, prompt_step_ratio: 1.5, prompt_step_extra_s: 0 };
  const moved = predict({ ...fit, tails: { ...fit.tails!, traits } }, { ...shape, tails: true });
  const own = predict(fit, { ...shape, tails: true });
  expect(moved.steps!.mixed_share).toBeCloseTo(own.steps!.mixed_share, 9);
  expect(moved.steps!.mixed_ms!).toBeGreaterThan(1.2 * own.steps!.mixed_ms!);
  expect(moved.steps!.pure_ms!).toBeLessThan(own.steps!.pure_ms!);
  expect(moved.tpot_ms).toEqual(own.tpot_ms);
});
