import { expect, test } from 'vitest';
import { distributionOf, pairRequests, stampErrors, trueRate } from '../../src/calibrate/stamps.ts';
import { pair, sent } from './made.ts';

const WINDOW = { from: 10, to: 11 };

test('TTFT bias is the way to the server and the lateness of the first stamp together', () => {
  const { ttftBias, stamps } = stampErrors([pair(10.1, [10.25, 10.5], 0.0625, 0.03125)], WINDOW);
  expect(ttftBias).toEqual([expect.closeTo(0.0625 + 0.03125, 9)]);
  expect(stamps).toEqual([expect.closeTo(0.03125, 9), expect.closeTo(0.03125, 9)]);
});

test('requests count by when they were sent, tokens by when they left', () => {
  const early = pair(9.9, [9.95, 10.5, 10.9], 0.01, 0.001);
  const late = pair(10.9, [10.95, 11, 11.5], 0.01, 0.002);
  const { ttftBias, stamps } = stampErrors([early, late], WINDOW);
  expect(ttftBias).toHaveLength(1);
  expect(stamps.map((error) => Math.round(1e3 * error))).toEqual([1, 1, 2]);
});

test('the true rate is what left in the window, the period that of a stream', () => {
  const rate = trueRate([pair(9, [9.5, 10, 10.25, 10.5], 0, 0), pair(9, [10.5, 10.75, 11], 0, 0)], WINDOW);
  expect(rate).toEqual({ eventsPerSecond: 5, period: 0.25 });
  expect(trueRate([pair(9, [9.5, 10.5], 0, 0)], WINDOW)).toBeNull();
});

test('requests are matched by their number, and a token too few or a request unknown is told', () => {
  const seen = { sequence: 3, sentAt: 1, stampedAt: [2, 3] };
  const right = sent(3, 1, [1.5, 2.5]);
  expect(pairRequests([seen], [sent(2, 0, [1]), right])).toEqual([{ seen, truth: right }]);
  expect(() => pairRequests([seen], [sent(3, 1, [1.5])])).toThrow('request 3: 2 tokens seen, 1 sent');
  expect(() => pairRequests([seen], [sent(4, 1, [1, 2])])).toThrow('request 3: 2 tokens seen, 0 sent');
  expect(() => pairRequests([seen], [{ ...right, complete: false }])).toThrow('request 3');
});

test('a distribution by value', () => {
  const values = Array.from({ length: 101 }, (_, i) => 100 - i);
  expect(distributionOf(values)).toEqual({
    mean: 50,
    standardDeviation: expect.closeTo(Math.sqrt((101 * 102) / 12), 9),
    min: 0,
    p50: 50,
    p99: 99,
    max: 100,
  });
  expect(distributionOf([2])).toMatchObject({ mean: 2, standardDeviation: 0 });
  expect(distributionOf([])).toBeNull();
});
