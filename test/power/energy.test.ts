import { describe, expect, test } from 'vitest';
import { deviceEnergy } from '../../src/power/energy.ts';
import { blankSample, type PowerSample } from '../../src/power/sample.ts';
import fc from '../property.ts';

/** Readings of a power curve at the given times. */
const readings = (times: readonly number[], power: (at_s: number) => number): PowerSample[] =>
  times.map((at_s) => ({ ...blankSample('0', at_s), power_w: power(at_s) }));
const counting = (times: readonly number[], energy: (at_s: number) => number): PowerSample[] =>
  times.map((at_s) => ({ ...blankSample('0', at_s), power_w: 100, counter_j: energy(at_s) }));
const every = (step: number, from: number, to: number): number[] =>
  Array.from({ length: Math.floor((to - from) / step + 1e-9) + 1 }, (_, index) => from + index * step);
const window = { from_s: 10.03, to_s: 20.07 };

describe('the integral of power', () => {
  test('constant power over a window whose edges lie between readings', () => {
    const { integral_j, bracketed } = deviceEnergy(
      '0',
      readings(every(0.1, 5, 25), () => 400),
      window,
      null,
    );
    expect(bracketed).toBe(true);
    expect(integral_j).toBeCloseTo(400 * 10.04, 6);
  });

  test('a ramp is exact, since trapezoids and edges are linear', () => {
    const { integral_j } = deviceEnergy(
      '0',
      readings(every(0.7, 5, 25), (at) => 50 + 3 * at),
      window,
      null,
    );
    expect(integral_j).toBeCloseTo(50 * 10.04 + (3 / 2) * (20.07 ** 2 - 10.03 ** 2), 6);
  });

  test('is additive: two halves make the whole', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 900, noNaN: true }), { minLength: 60, maxLength: 60 }),
        fc.double({ min: 11, max: 19, noNaN: true }),
        (values, middle) => {
          const samples = every(0.4, 5, 28.6).map((at_s, index) => ({
            ...blankSample('0', at_s),
            power_w: values[index]!,
          }));
          const of = (from_s: number, to_s: number): number =>
            deviceEnergy('0', samples, { from_s, to_s }, null).integral_j!;
          expect(of(10, middle) + of(middle, 20)).toBeCloseTo(of(10, 20), 6);
        },
      ),
    );
  });

  test('readings with one stamp count once, unknown ones not at all', () => {
    const samples = readings(every(0.5, 5, 25), () => 300).flatMap((one) => [
      { ...one, power_w: 200 },
      { ...one, power_w: 400 },
      { ...one, power_w: null },
    ]);
    expect(deviceEnergy('0', samples, window, null)).toMatchObject({ samples: 20, bad: false });
    expect(deviceEnergy('0', samples, window, null).integral_j).toBeCloseTo(300 * 10.04, 6);
  });

  test.each([
    ['before', every(0.1, 10.1, 25)],
    ['after', every(0.1, 5, 20)],
  ])('needs a reading %s the window', (_, times) => {
    const { bracketed, integral_j } = deviceEnergy(
      '0',
      readings(times, () => 1),
      window,
      null,
    );
    expect({ bracketed, integral_j }).toEqual({ bracketed: false, integral_j: null });
  });

  test('says the longest gap that it went over', () => {
    const times = every(0.1, 5, 25).filter((at) => at < 13.95 || at > 16.05);
    expect(
      deviceEnergy(
        '0',
        readings(times, () => 1),
        window,
        null,
      ).longest_gap_s,
    ).toBeCloseTo(2.2, 6);
  });
});

describe('the counter', () => {
  test('is interpolated between the readings at which it moved', () => {
    // It counts ten times a second and is read fifty times.
    const samples = counting(every(0.02, 5, 25), (at) => 40 * Math.floor((at + 1e-9) / 0.1));
    const { counter } = deviceEnergy('0', samples, window, null);
    expect(counter.state).toBe('ok');
    expect(counter.state === 'ok' && counter.energy_j).toBeCloseTo(400 * 10.04, 0);
  });

  test('starts again at its range', () => {
    const samples = counting(every(0.5, 5, 25), (at) => (100 * at) % 1500);
    const { counter } = deviceEnergy('0', samples, window, 1500);
    expect(counter).toEqual({ state: 'ok', energy_j: expect.closeTo(1004, 6) });
  });

  test.each([
    ['backward', counting(every(0.5, 5, 25), (at) => 1000 - at)],
    ['unavailable', readings(every(0.5, 5, 25), () => 100)],
    ['unavailable', counting(every(0.5, 12, 25), (at) => 100 * at)],
    ['implausible', counting(every(0.5, 5, 25), () => 77)],
    ['implausible', counting(every(0.5, 5, 25), (at) => 5000 * at)],
  ])('%s', (state, samples) => {
    expect(deviceEnergy('0', samples, window, null).counter).toEqual({ state });
  });
});

describe('a source that is asked more often than it reads its devices', () => {
  const refreshed = (interval: number, asked = 0.5): PowerSample[] =>
    every(asked, 0, 60).map((at_s) => {
      const at = Math.floor(at_s / interval) * interval;
      return { ...blankSample('0', at_s), power_w: 100 + at, counter_j: 100 * at + at ** 2 / 2 };
    });

  test('every second: what repeats the reading before is left out, the counter is good', () => {
    const { samples, longest_gap_s, counter } = deviceEnergy(
      '0',
      refreshed(1),
      { from_s: 20, to_s: 40 },
      null,
    );
    expect(samples).toBe(20);
    expect(longest_gap_s).toBe(1);
    expect(counter).toEqual({ state: 'ok', energy_j: expect.closeTo(2000 + (40 ** 2 - 20 ** 2) / 2, 6) });
  });

  test('every 30 s: its readings stand too far apart, whatever is asked for', () => {
    const { longest_gap_s, counter } = deviceEnergy('0', refreshed(30), { from_s: 35, to_s: 55 }, null);
    expect(longest_gap_s).toBeGreaterThan(20);
    expect(counter).toEqual({ state: 'unavailable' });
  });

  test('a counter that never moves is broken, and takes no reading of power with it', () => {
    const stuck = refreshed(1).map((one) => ({ ...one, counter_j: 7, power_w: 300 }));
    const { samples, integral_j } = deviceEnergy('0', stuck, { from_s: 20, to_s: 40 }, null);
    expect(samples).toBe(40);
    expect(integral_j).toBeCloseTo(6000, 6);
  });
});
