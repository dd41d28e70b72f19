import { expect, test } from 'vitest';
import { closestText, closestTo } from '../../src/cost/closest.ts';
import { centralOf, question, specDevices } from './devices.ts';

const sources = centralOf(specDevices('h100-sxm', 'gaudi3')).map(({ source }) => source);
const textFor = (ttft: number, tpot: number): string =>
  closestText(closestTo(sources, question({ ttft_p99_ms: ttft, tpot_mean_ms: tpot })));

test('every objective is looked at, and those that can be met alone are marked', () => {
  expect(textFor(5, 1)).toMatch(
    /ttft_p99_ms \d+ ms on \S+ at TP 8; tpot_mean_ms [\d.]+ ms on \S+ at TP 8\.$/,
  );
  expect(textFor(5, 100)).toMatch(/ttft_p99_ms \d+ ms on .*; tpot_mean_ms [\d.]+ ms \(met\) on/);
});

test('limits that can be met alone but not together say so', () => {
  expect(textFor(1000, 100)).toContain('Each is met alone, not all together');
  expect(textFor(5, 100)).not.toContain('Each is met');
});

test('without any plan no device holds the model', () => {
  expect(closestText([])).toBe('No device holds the model and one such request.');
});
