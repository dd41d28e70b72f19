import { expect, test } from 'vitest';
import { burstContention } from '../../src/roofline/burst-contention.ts';
import { promptContention, type StepLoop } from '../../src/roofline/prompt-contention.ts';
import fc from '../property.ts';

const loop: StepLoop = { streams: 16, decodeSteps: 200, awaySteps: 0, size: 0.4, bunching: 1 };
const seed = 3;

test.each([0.1, 1, 1.01, 3.4])('a stream alone meets nobody: a prompt of %d steps', (size) => {
  const { steps, ahead, behind, decodes, met, mixed } = promptContention({ ...loop, streams: 1, size });
  expect(steps).toBeCloseTo(Math.ceil(size), 12);
  expect({ ahead, behind, decodes, met, mixed }).toEqual({
    ahead: 0,
    behind: 0,
    decodes: 0,
    met: 0,
    mixed: 0,
  });
});

test.each([0.3, 1, 2.7])(
  'where prompts fill every step, they come through one step’s worth at a time: size %d',
  (size) => {
    const streams = Math.ceil((3 * loop.decodeSteps) / size);
    const { steps, mixed, met } = promptContention({ ...loop, streams, size });
    // A cycle is as long as all prompts take.
    expect((loop.decodeSteps + steps) / (streams * size)).toBeCloseTo(1, 2);
    expect(mixed).toBeCloseTo(1, 1);
    expect(met * size).toBeCloseTo(1, 2);
  },
);

test('small prompts that come together share a step and nobody waits for another', () => {
  const { steps, ahead, behind, mixed } = promptContention({ ...loop, streams: 64, size: 0.01 });
  expect(steps).toBeCloseTo(1, 6);
  const arrivals = 63 / 201;
  expect((ahead + behind) / 0.01).toBeCloseTo(arrivals, 3);
  expect(mixed).toBeCloseTo(1 - Math.exp(-arrivals), 2);
});

test('every count is finite and within its bounds, in a burst, too', () => {
  const any = fc.record({
    streams: fc.double({ min: 1, max: 600, noNaN: true }),
    decodeSteps: fc.integer({ min: 0, max: 3000 }),
    awaySteps: fc.double({ min: 0, max: 20, noNaN: true }),
    size: fc.double({ min: 1e-4, max: 30, noNaN: true }),
    bunching: fc.double({ min: 1, max: 4, noNaN: true }),
  });
  fc.assert(
    fc.property(
      any,
      fc.integer({ min: 1, max: 20 }),
      fc.double({ min: 0, max: 500, noNaN: true }),
      (each, rounds, jitterSteps) => {
        const burst = burstContention(each, { rounds, jitterSteps, median: false }, each.size);
        for (const found of [promptContention(each), burst]) {
          const whole = Math.ceil(each.size);
          expect(found.steps).toBeGreaterThan(Math.max(1, each.size) - 1e-6);
          expect(found.steps).toBeLessThanOrEqual(whole * (each.streams + 2));
          for (const share of [found.mixed, found.joined]) {
            expect(share).toBeGreaterThanOrEqual(-1e-9);
            expect(share).toBeLessThanOrEqual(1 + 1e-9);
          }
          expect(found.decodes).toBeGreaterThanOrEqual(0);
          expect(found.decodes).toBeLessThanOrEqual(each.streams);
          expect(found.met).toBeGreaterThanOrEqual(0);
        }
      },
    ),
    { seed, numRuns: 500 },
  );
});
