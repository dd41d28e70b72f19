import { expect, test } from 'vitest';
import { calibrationLine, calibrationText } from '../../src/report/calibration-text.ts';
import { calibration, rate } from '../calibrate/made.ts';

test('one line says when a client was calibrated and to what, or what to do', () => {
  expect(calibrationLine({ state: 'calibrated', ...calibration() })).toBe(
    'calibrated 2026-03-01 10:20: TTFT 0.42 ms late (p99 1.1), stamps 0.25 ms (p99 0.90), up to 70000 tokens/s (120000 with 2 workers)',
  );
  expect(calibrationLine({ state: 'calibrated', ...calibration({ rates: [rate(1, 70_123)] }) })).toMatch(
    /up to 70100 tokens\/s$/,
  );
  expect(calibrationLine({ state: 'none' })).toBe('not calibrated: ridge calibrate');
  expect(calibrationLine(undefined)).toBe('not calibrated: ridge calibrate');
  expect(
    calibrationLine({ state: 'stale', calibrated_at: '2026-03-01T10:20:30.000Z', why: 'it was Node 22' }),
  ).toBe(
    'not calibrated, the calibration of 2026-03-01 10:20 does not hold (it was Node 22): ridge calibrate',
  );
});

test('a calibration fits 80 columns, and says where the client holds more than was sent', () => {
  const text = calibrationText(calibration(), 80);
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(text).toMatch(/^TTFT bias +mean 0\.42 ms, p99 1\.1 ms, standard deviation 0\.20 ms$/m);
  expect(text).toMatch(/^ +2 +1 +256 +120000 +2\.80 {2}late stamps$/m);
  expect(text).not.toContain('*');
  const bySender = calibrationText(calibration({ rates: [{ ...rate(1, 9_000), ended_by: 'server' }] }), 80);
  expect(bySender).toMatch(/the null servers \*\n\* the client holds more than this$/);
});
