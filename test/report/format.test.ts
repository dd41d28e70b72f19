import { describe, expect, test } from 'vitest';
import {
  formatClock,
  formatDuration,
  formatEstimate,
  formatNumber,
  formatPercent,
  formatQuantity,
  formatTokens,
} from '../../src/report/format.ts';
import fc from '../property.ts';

describe('numbers', () => {
  test.each([
    [2.34567, '2.35'],
    [23.4567, '23.5'],
    [234.567, '235'],
    [23456.7, '23457'],
    [0.00123456, '0.00123'],
    [9.999, '10.0'],
    [-2.5, '-2.50'],
    [0, '0'],
    [2.22e-14, '2.22e-14'],
  ])('%d is written %s', (value, text) => expect(formatNumber(value)).toBe(text));

  test('what is missing or not finite is a dash', () => {
    expect([formatNumber(null), formatNumber(Number.NaN), formatQuantity(null, 's')]).toEqual([
      '-',
      '-',
      '-',
    ]);
  });

  test('reading a number back gives it to within its last digit', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), (value) => {
        expect(Math.abs(Number(formatNumber(value)) - value) / value).toBeLessThanOrEqual(0.0051);
      }),
    );
  });
});

describe('quantities carry the prefix that leaves one to three digits', () => {
  test.each([
    [312e12, 'FLOP/s', '312 TFLOP/s'],
    [3.35e12, 'byte/s', '3.35 TB/s'],
    [0.000412, 's', '412 µs'],
    [0.0123, 's', '12.3 ms'],
    [999.96e9, 'FLOP/s', '1.00 TFLOP/s'],
    [1.2e-12, 'J/FLOP', '1.20 pJ/FLOP'],
    [700, 'W', '700 W'],
    [0.62, '1', '0.620'],
    [0, 's', '0 s'],
  ])('%d %s is %s', (value, unit, text) => expect(formatQuantity(value, unit)).toBe(text));
});

describe('estimates', () => {
  test('share one prefix, and the width of the interval decides the decimals', () => {
    expect(formatEstimate(312e12, [305e12, 319e12], 'FLOP/s')).toBe('312.0 [305.0, 319.0] TFLOP/s');
    expect(formatEstimate(3.351e12, [3.3e12, 3.4e12], 'byte/s')).toBe('3.351 [3.300, 3.400] TB/s');
    expect(formatEstimate(0.9e12, [0.5e12, 1.4e12], 'byte/s')).toBe('900 [500, 1400] GB/s');
  });

  test('without an interval stand as a plain quantity', () => {
    expect(formatEstimate(0.02, null, 's')).toBe('20.0 ms');
    expect(formatEstimate(null, [1, 2], 's')).toBe('-');
  });
});

test('shares become percent', () => {
  expect([formatPercent(0.41), formatPercent(0.0345), formatPercent(1.25), formatPercent(null)]).toEqual([
    '41 %',
    '3.5 %',
    '125 %',
    '-',
  ]);
});

test('clocks and durations', () => {
  expect([7.4, 725, 11045].map(formatClock)).toEqual(['0:07', '12:05', '3:04:05']);
  expect([45, 60, 725, 7200, 11045].map(formatDuration)).toEqual([
    '45 s',
    '1 min',
    '12 min 5 s',
    '2 h',
    '3 h 4 min',
  ]);
});

test('token counts use k only where it is exact', () => {
  expect([1, 512, 1000, 1024, 1536, 131072].map(formatTokens)).toEqual([
    '1',
    '512',
    '1000',
    '1k',
    '1.5k',
    '128k',
  ]);
});
