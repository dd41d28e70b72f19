import { expect, test } from 'vitest';
import { hostWakeUps, shareAsleep, wakeUpLine } from '../../../scripts/client/wake-up.ts';
import type { SentResponse } from '../../../src/null-server/options.ts';

/** A stream whose tokens left at these times. */
const sent = (...times: number[]): SentResponse => ({
  requestId: null,
  receivedAt: 0,
  sentAt: Float64Array.from(times, (time) => time - 1e-6),
  tookS: Float32Array.from(times, () => 1e-6),
  complete: true,
});

test('a process that waits in a read is woken after the write, every time', async () => {
  const wakeUps = await hostWakeUps({ server: null, client: null }, 20, { periodMs: 1, busyMs: 0.1 });
  expect(wakeUps).toHaveLength(20);
  // A sender that is held up between its write and its stamp makes one too short, never all of them.
  expect(Math.max(...wakeUps)).toBeGreaterThan(0);
});

test('a late wake-up finds the first tokens of a burst, and no others', () => {
  // Two bursts of three streams, tokens 100 us apart, 10 ms between the bursts.
  const truth = [0, 1, 2].map((stream) => sent(1 + stream * 1e-4, 1.01 + stream * 1e-4));
  expect(shareAsleep([200e-6], truth, 0.005)).toBe(0);
  // 300 us: 50 us more than a write may need, which only the first of three is beyond.
  expect(shareAsleep([300e-6], truth, 0.005)).toBeCloseTo(1 / 3, 9);
  expect(shareAsleep([400e-6], truth, 0.005)).toBeCloseTo(2 / 3, 9);
  expect(shareAsleep([1e-3], truth, 0.005)).toBeCloseTo(1, 9);
  // One wake-up of four is late.
  expect(shareAsleep([300e-6, 0, 0, 0], truth, 0.005)).toBeCloseTo(1 / 12, 9);
});

test('streams that never pause find nobody asleep but once', () => {
  const truth = [sent(...Array.from({ length: 100 }, (_, token) => 1 + token * 1e-3))];
  expect(shareAsleep([300e-6], truth, 0.005)).toBeCloseTo(1 / 100, 9);
});

test('the line says how often and how late, and what that makes', () => {
  const line = wakeUpLine([50e-6, 60e-6, 70e-6, 900e-6], 0.0012);
  expect(line).toContain('65 us after the write');
  expect(line).toContain('most 900');
  expect(line).toContain('1 of 4 over 250 us');
  expect(line).toContain('0.12 % of these stamps');
});
