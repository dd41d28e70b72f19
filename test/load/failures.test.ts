import { expect, test } from 'vitest';
import { httpFailure } from '../../src/endpoint/failure.ts';
import { Failures, waitAfter } from '../../src/load/failures.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';

const refused = (retryAfter: string | undefined): RequestTimeline =>
  ({ outcome: httpFailure(429, '{"error":{"message":"busy"}}', retryAfter) }) as RequestTimeline;

test('waits double with each failure in a row, and end at eight seconds', () => {
  expect([1, 2, 3, 4, 5, 6, 20].map((inARow) => waitAfter(inARow))).toEqual([0.5, 1, 2, 4, 8, 8, 8]);
});

test.each([
  ['3', 3],
  ['0', 0.5],
  ['86400', 60],
  ['-5', 0.5],
  ['soon', 0.5],
  ['', 0.5],
  [undefined, 0.5],
])('Retry-After %s makes the wait %d s', (header, seconds) => {
  expect(waitAfter(1, refused(header))).toBe(seconds);
  expect(new Failures().failed(0, refused(header))).toBe(seconds);
});

test('a date is a wait from now', () => {
  const seconds = waitAfter(1, refused(new Date(Date.now() + 20_000).toUTCString()));
  expect(seconds).toBeGreaterThan(15);
  expect(seconds).toBeLessThanOrEqual(20);
});

test('the wait that was asked for stands in the message', () => {
  expect(httpFailure(429, '{"error":{"message":"busy"}}', '1.5')).toEqual({
    state: 'failed',
    kind: 'http_status',
    message: 'busy (Retry-After 2 s)',
    http_status: 429,
    retry_after_s: 1.5,
  });
});
