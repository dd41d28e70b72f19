import { expect, test } from 'vitest';
import { POWER_BASELINES } from '../../../src/fit/power/baselines.ts';
import { meanTraffic, type PowerObservation } from '../../../src/fit/power/observation.ts';

const at = (concurrency: number, power_w: number, tensorParallel = 1): PowerObservation => ({
  target: 'a',
  tensorParallel,
  inputTokens: 128,
  outputTokens: 64,
  concurrency,
  traffic: meanTraffic({ flop: 0, bytes: 0, linkBytes: 0 }),
  power_w,
  relative_error: 0.01,
});
const predicted = (name: string, training: readonly PowerObservation[], one: PowerObservation) =>
  POWER_BASELINES.find((baseline) => baseline.name === name)!.train(training, 700)(one);

test('the limit, the mean, a line over the load', () => {
  const training = [at(1, 200), at(11, 300)];
  expect(predicted('limit always', training, at(6, 0))).toBe(700);
  expect(predicted('mean of the cells', training, at(6, 0))).toBe(250);
  expect(predicted('linear in load', training, at(6, 0))).toBeCloseTo(250, 9);
});

test('a line has nothing to say of a size that was not seen, nor out of a single load', () => {
  expect(predicted('linear in load', [at(1, 200), at(11, 300)], at(6, 0, 2))).toBeNull();
  expect(predicted('linear in load', [at(8, 200), at(8, 210)], at(8, 0))).toBeNull();
  expect(predicted('linear in load', [at(8, 200)], at(4, 0))).toBeNull();
});
