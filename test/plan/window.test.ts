import { expect, test } from 'vitest';
import { requestsForLittlesLaw } from '../../src/plan/window.ts';

test('few streams need no more requests than the suite asks for', () => {
  expect([1, 2, 4, 5].map(requestsForLittlesLaw)).toEqual([0, 0, 0, 0]);
});

test('with many streams chance stays below half of the 5 % that Little’s law is judged at', () => {
  for (const streams of [8, 16, 64, 512]) {
    const requests = requestsForLittlesLaw(streams);
    expect((0.41 * Math.sqrt(streams)) / requests).toBeLessThanOrEqual(0.025);
    expect((0.41 * Math.sqrt(streams)) / (requests - 1)).toBeGreaterThan(0.025);
  }
});
