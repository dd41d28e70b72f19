import { describe, expect, test } from 'vitest';
import { readSensor } from '../../../src/simulate/power/sensor.ts';
import { PowerTrace } from '../../../src/simulate/power/trace.ts';
import fc from '../../property.ts';

const trace = (): PowerTrace => {
  const made = new PowerTrace(100);
  made.add(1, 3, 500);
  made.add(3, 4, 300);
  made.add(6, 7, 900);
  return made;
};

describe('a power trace', () => {
  test.each([
    [0, 10, 100 * 10 + 400 * 2 + 200 + 800],
    [1.5, 2, 250],
    [2.5, 3.5, 400],
    [4, 6, 200],
    [6.5, 20, 450 + 1300],
  ])('from %d to %d s holds %d J', (from, to, energy) =>
    expect(trace().energy(from, to)).toBeCloseTo(energy, 9),
  );

  test('is additive over any cut', () => {
    const time = fc.double({ min: 0, max: 8, noNaN: true });
    fc.assert(
      fc.property(time, time, time, (...times) => {
        const [a, b, c] = times.sort((x, y) => x - y) as [number, number, number];
        expect(trace().energy(a, b) + trace().energy(b, c)).toBeCloseTo(trace().energy(a, c), 6);
      }),
    );
  });

  test('forgets old steps without losing their energy', () => {
    const long = new PowerTrace(0);
    const steps = 600_000;
    for (let step = 0; step < steps; step += 1) long.add(step, step + 0.5, 2);
    expect(long.energy(0, steps)).toBe(steps);
    expect(long.energy(steps - 10, steps)).toBe(10);
  });
});

describe('a sensor', () => {
  const traits = { refresh_s: 0.1, aperture_s: 0.025, boxcar_s: 1 };

  test('stands still between refreshes', () => {
    expect(readSensor(trace(), 0, 3.51, traits)).toEqual(readSensor(trace(), 0, 3.59, traits));
  });

  test('a momentary reading follows at once, an average lags by a second', () => {
    expect(readSensor(trace(), 0, 1.25, traits)).toMatchObject({
      instant_w: expect.closeTo(500, 6),
      average_w: expect.closeTo(180, 6),
    });
    expect(readSensor(trace(), 0, 2.35, traits).average_w).toBeCloseTo(500, 6);
  });

  test('the counter holds the energy since the start', () => {
    expect(readSensor(trace(), 0, 20, traits).counter_j).toBeCloseTo(trace().energy(0, 20), 6);
  });
});
