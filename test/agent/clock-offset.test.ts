import { expect, test } from 'vitest';
import { clockOffset } from '../../src/agent/clock-offset.ts';
import fc from '../property.ts';

test('the shortest round trip decides, and the truth lies within its half', () => {
  const trip = fc.record({
    sent_s: fc.double({ min: 0, max: 1000, noNaN: true }),
    there_s: fc.double({ min: 1e-5, max: 0.1, noNaN: true }),
    back_s: fc.double({ min: 1e-5, max: 0.1, noNaN: true }),
  });
  const offset = fc.double({ min: -50, max: 50, noNaN: true });
  fc.assert(
    fc.property(fc.array(trip, { minLength: 1, maxLength: 10 }), offset, (trips, truth) => {
      const { offset_s, bound_s } = clockOffset(
        trips.map(({ sent_s, there_s, back_s }) => ({
          sent_s,
          agent_s: sent_s + there_s + truth,
          received_s: sent_s + there_s + back_s,
        })),
      );
      expect(Math.abs(offset_s - truth)).toBeLessThanOrEqual(bound_s + 1e-9);
      const shortest = Math.min(...trips.map(({ there_s, back_s }) => there_s + back_s));
      expect(bound_s).toBeCloseTo(shortest / 2, 9);
    }),
  );
});
