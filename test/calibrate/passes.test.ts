import { describe, expect, test } from 'vitest';
import { type Pass, passFigures, passOf } from '../../src/calibrate/passes.ts';
import { pair } from './made.ts';

/** 100 requests with this bias and 100 stamps with this error, s. */
const pass = (bias: number, error: number): Pass => ({
  ttftBias: Array.from({ length: 100 }, () => bias),
  stamps: Array.from({ length: 100 }, () => error),
  requests: 100,
  events: 100,
});

describe('two passes', () => {
  test('that agree are one sample', () => {
    const { ttft_bias, stamp_error, between_passes } = passFigures(pass(0.002, 0.001), pass(0.0028, 0.001));
    expect(ttft_bias.mean_ms).toBeCloseTo(2.4, 9);
    expect(ttft_bias.p99_ms).toBeCloseTo(2.8, 9);
    expect(ttft_bias.standard_deviation_ms).toBeCloseTo(0.401, 3);
    expect(stamp_error).toEqual({ p50_ms: 1, p99_ms: 1, max_ms: 1 });
    expect(between_passes.ttft_bias_mean_ms).toBeCloseTo(0.8, 9);
    expect(between_passes.stamp_error_p99_ms).toBe(0);
  });

  test.each([
    ['mean TTFT bias: 0.50 ms and 1.51 ms', pass(0.0005, 0.001), pass(0.00151, 0.001)],
    ['stamp error p99: 4.60 ms and 3.00 ms', pass(0.004, 0.0046), pass(0.004, 0.003)],
    ['light load', pass(0.004, 0.0051), pass(0.004, 0.0051)],
  ])('that differ, or are late already, mean a busy host: %s', (why, first, second) => {
    expect(() => passFigures(first, second)).toThrow(
      expect.objectContaining({ exitCode: 1, message: expect.stringContaining(why) }),
    );
  });
});

test('a busy host is told when its hypervisor took the time', () => {
  const tooBusy = (stolen: number) => () => passFigures(pass(0.004, 0.0051), pass(0.004, 0.0051), stolen);
  expect(tooBusy(0.15)).toThrow(
    expect.objectContaining({ mend: expect.stringContaining('took 15 % of its cores') }),
  );
  expect(tooBusy(0.01)).toThrow(expect.objectContaining({ mend: expect.stringContaining('End other work') }));
});

const window = { from: 10, to: 11 };

test('a stamp before its token left means that clocks differ', () => {
  expect(passOf({ pairs: [pair(10.1, [10.25], 0.01, -40e-6)], window })).toMatchObject({ events: 1 });
  expect(() => passOf({ pairs: [pair(10.1, [10.25], 0.01, -60e-6)], window })).toThrow(
    expect.objectContaining({
      exitCode: 3,
      message: expect.stringContaining('stamped 60 µs before it left'),
    }),
  );
});

test('a window without a token means a busy host', () => {
  expect(() => passOf({ pairs: [pair(9, [9.5], 0.01, 0)], window })).toThrow('too busy to calibrate');
});
