import { expect, test } from 'vitest';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import { predict } from '../../src/predict/predict.ts';
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
  expect(prediction.e2e_ms.value).toBeCloseTo(prediction.ttft_ms.value! + 127 * prediction.tpot_ms.value!, 6);
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
