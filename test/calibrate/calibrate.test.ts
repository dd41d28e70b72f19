import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type CalibrationEffort, calibrate } from '../../src/calibrate/calibrate.ts';
import { readHostCalibration, saveCalibration } from '../../src/calibrate/calibration-file.ts';
import { thisHost } from '../../src/calibrate/this-host.ts';
import { RidgeError } from '../../src/errors.ts';
import { temporaryFolder } from '../run/facts.ts';

const SHORT: CalibrationEffort = {
  timerRounds: 5,
  outputTokens: 8,
  passS: 0.3,
  rungS: 0.1,
  refinements: 0,
  mostStreams: 128,
};

// While other tests run, the host may be too busy: then that is the answer, and it is the other one that is promised.
test('a host is calibrated for one worker and for all cores, or is told to be too busy', async () => {
  const host = thisHost();
  const said: string[] = [];
  const calibrated_at = '2026-01-01T00:00:00.000Z';
  const found = await calibrate({
    ...{ host, cores: 2, effort: SHORT, now: () => new Date(calibrated_at) },
    progress: (what) => said.push(what),
  }).catch((error: unknown) => error);
  expect(said[0]).toBe('timers');
  if (found instanceof RidgeError) {
    expect(found.exitCode).toBe(1);
    expect(found.message).toMatch(/^this host is too busy to calibrate: /);
    return;
  }
  expect(found).toMatchObject({
    calibrated_at,
    host,
    load: { streams: 64, period_ms: 10 },
    stamp_error_limit_ms: 5,
    rates: [
      { workers: 1, servers: 1 },
      { workers: 2, servers: 1 },
    ],
  });
  const calibration = found as Awaited<ReturnType<typeof calibrate>>;
  const { stamp_error, ttft_bias, timers, rates, load } = calibration;
  expect(stamp_error.p50_ms).toBeGreaterThan(0);
  expect(stamp_error.p99_ms).toBeLessThanOrEqual(5);
  expect(ttft_bias.mean_ms).toBeGreaterThan(0);
  expect(timers.clock_step_us).toBeLessThan(1000);
  expect(load.events).toBeGreaterThan(load.requests);
  for (const { stamp_error_p99_ms, max_events_per_s, streams } of rates) {
    expect(stamp_error_p99_ms).toBeLessThanOrEqual(5);
    expect(max_events_per_s).toBeLessThanOrEqual(1.5 * 100 * streams);
  }
  const file = join(await temporaryFolder(), 'calibration.json');
  await saveCalibration(file, calibration);
  expect(readHostCalibration(host, file)).toEqual({ state: 'calibrated', ...calibration });
}, 60_000);
