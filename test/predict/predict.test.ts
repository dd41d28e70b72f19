import { describe, expect, test } from 'vitest';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import { type FitPrediction, predict } from '../../src/predict/predict.ts';
import { measureSuite } from '../fit/virtual.ts';

const fit = makeFit([measureSuite()], { createdAt: '2026-01-15T12:00:00.000Z', toolVersion: '0.1.0' });

test('inside the range: four metrics with intervals and nothing to warn of', () => {
  const prediction = predict(fit, { input: 1024, output: 128, concurrency: 16, tp: 2 });
  expect(prediction.extrapolates).toEqual([]);
  for (const key of ['ttft_ms', 'tpot_ms', 'e2e_ms', 'output_tokens_per_s'] as const) {
    const { value, interval_90 } = prediction[key];
    expect(interval_90![0]).toBeLessThan(value!);
    expect(interval_90![1]).toBeGreaterThan(value!);
  }
});

test('by the scheduler unless the closed form is asked for; both are made of TTFT and TPOT', () => {
  const shape = { input: 1024, output: 128, concurrency: 16, tp: 2 };
  const [scheduled, closed] = [predict(fit, shape), predict(fit, { ...shape, predictor: 'closed_form' })];
  expect([scheduled.predictor, closed.predictor]).toEqual(['scheduler', 'closed_form']);
  expect(scheduled.tpot_ms.value).not.toBe(closed.tpot_ms.value);
  expect(scheduled.tpot_ms.value! / closed.tpot_ms.value!).toBeCloseTo(1, 1);
  const e2e = ({ ttft_ms, tpot_ms }: FitPrediction): number => ttft_ms.value! + 127 * tpot_ms.value!;
  expect(closed.e2e_ms.value).toBeCloseTo(e2e(closed), 6);
  // Of jittered lengths the mean of products is not the product of means.
  expect(scheduled.e2e_ms.value! / e2e(scheduled)).toBeCloseTo(1, 2);
});

test('output lengths are jittered as those that were measured', () => {
  const exact = { ...fit, protocol: { ...fit.protocol, output_jitter: [1, 1] as [number, number] } };
  const shape = { input: 1024, output: 128, concurrency: 16 };
  expect(predict(exact, shape).ttft_ms.value).not.toBe(predict(fit, shape).ttft_ms.value);
  const closed = { ...shape, predictor: 'closed_form' } as const;
  expect(predict(exact, closed)).toEqual(predict(fit, closed));
});

test('outside: every axis is named', () => {
  const { extrapolates } = predict(fit, { input: 32_768, output: 4096, concurrency: 128, tp: 4 });
  expect(extrapolates.map((line) => line.split(' ')[0])).toEqual([
    'input',
    'output',
    'concurrency',
    'tensor',
  ]);
});

describe('an interval outside the range', () => {
  const [, highest] = fit.range.concurrency;
  const at = (concurrency: number) => predict(fit, { input: 1024, output: 128, concurrency, tp: 2 });
  const spread = ({ tpot_ms }: FitPrediction): number => Math.log(tpot_ms.interval_90![1] / tpot_ms.value!);

  test('widens with the distance', () => {
    const [edge, double] = [at(highest), at(2 * highest)];
    expect(edge.doublings_outside).toBe(0);
    expect(double.doublings_outside).toBeCloseTo(1, 9);
    expect(spread(double)).toBeGreaterThan(1.9 * spread(edge));
    expect(spread(at(highest + 1))).toBeLessThan(1.5 * spread(edge));
    expect(double.tpot_ms.interval_90![0]).toBeLessThan(double.tpot_ms.value!);
  });

  test('is none where nothing that was measured bears on it', () => {
    const far = at(5 * highest);
    expect(far.doublings_outside).toBeGreaterThan(2);
    expect(far.tpot_ms.value).toBeGreaterThan(0);
    expect(far.tpot_ms.interval_90).toBeNull();
  });

  test('counts axes together, and a size that was not measured', () => {
    const { doublings_outside } = predict(fit, { input: 1024, output: 128, concurrency: 2 * highest, tp: 4 });
    expect(doublings_outside).toBeCloseTo(2, 9);
  });
});

test('a fit of a simulated endpoint is told by every prediction', () => {
  expect(predict(fit, { input: 128, output: 16, concurrency: 1 }).simulated).toBe(true);
});

test('the smallest measured tensor parallel size is the default', () => {
  expect(predict(fit, { input: 128, output: 16, concurrency: 1 }).tp).toBe(1);
});

test('nonsense is refused', () => {
  expect(() => predict(fit, { input: 0, output: 1, concurrency: 1 })).toThrow(/input/);
  expect(() => predict(fit, { input: 1.5, output: 1, concurrency: 1 })).toThrow(/input/);
  const [target] = fit.targets;
  const small = { ...fit, targets: [{ ...target!, kv_capacity_tokens: 4096 }] };
  expect(() => predict(small, { input: 4096, output: 1, concurrency: 1 })).toThrow(/KV cache of 4096/);
});

test('what no server takes is refused: lengths over the maximum, a size that does not divide the heads', () => {
  const longest = fit.model_card.max_length_tokens!;
  expect(predict(fit, { input: longest - 1, output: 1, concurrency: 1 }).input).toBe(longest - 1);
  expect(() => predict(fit, { input: longest, output: 1, concurrency: 1 })).toThrow(
    expect.objectContaining({ exitCode: 2, message: expect.stringContaining(`at most ${longest}`) }),
  );
  const unlimited = { ...fit, model_card: { ...fit.model_card, max_length_tokens: null } };
  expect(predict(unlimited, { input: longest, output: 1, concurrency: 1 }).input).toBe(longest);
  expect(() => predict(fit, { input: 128, output: 16, concurrency: 1, tp: 3 })).toThrow(
    expect.objectContaining({ exitCode: 2, message: expect.stringMatching(/size 3 .*32 query heads/) }),
  );
});
