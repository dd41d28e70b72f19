import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  calibrationPlace,
  readCalibrations,
  readHostCalibration,
  saveCalibration,
} from '../../src/calibrate/calibration-file.ts';
import { calibrationOf, rateFor, withCalibration } from '../../src/calibrate/host-calibration.ts';
import { allCores, oneCore } from '../../src/calibrate/plan-bench.ts';
import { temporaryFolder } from '../run/facts.ts';
import { calibration, HOST, rate } from './made.ts';

describe('a calibration', () => {
  test('holds for its host, processor and the major versions of Node and ridge', () => {
    const now = { ...HOST, node_version: '24.9.1', ridge_version: '1.5.0' };
    expect(calibrationOf([calibration()], now)).toEqual({ state: 'calibrated', ...calibration() });
    expect(calibrationOf([calibration()], { ...HOST, name: 'lab-8' })).toEqual({ state: 'none' });
    expect(calibrationOf([], HOST)).toEqual({ state: 'none' });
  });

  test.each([
    [{ cpu: 'EPYC 9654' }, 'the processor was Xeon 8480, it is EPYC 9654'],
    [{ cores: 4 }, 'there were 8 cores, there are 4'],
    [{ node_version: '26.0.0' }, 'it was Node 24.2.0, it is 26.0.0'],
    [{ ridge_version: '2.0.0' }, 'it was ridge 1.4.0, it is 2.0.0'],
  ])('is stale on %j', (change, why) => {
    expect(calibrationOf([calibration()], { ...HOST, ...change })).toEqual({
      state: 'stale',
      calibrated_at: '2026-03-01T10:20:30.000Z',
      why,
    });
  });

  test('is the newest that holds, even beside a newer one that does not', () => {
    const older = calibration({ calibrated_at: '2026-01-01T00:00:00.000Z' });
    const other = calibration({
      calibrated_at: '2026-04-01T00:00:00.000Z',
      host: { ...HOST, node_version: '26.1.0' },
    });
    expect(calibrationOf([older, other, calibration()], HOST)).toMatchObject({
      state: 'calibrated',
      calibrated_at: '2026-03-01T10:20:30.000Z',
    });
  });

  test('takes the place of the one of the same host, processor and Node', () => {
    const before = calibration({ calibrated_at: '2026-01-01T00:00:00.000Z' });
    const elsewhere = calibration({ host: { ...HOST, name: 'lab-8' } });
    expect(withCalibration([before, elsewhere], calibration())).toEqual([elsewhere, calibration()]);
  });

  test('gives as many workers their own rate, others that of the next fewer', () => {
    const known = {
      state: 'calibrated',
      ...calibration({ rates: [rate(1, 70_000), rate(4, 200_000)] }),
    } as const;
    expect([1, 2, 4, 64].map((workers) => rateFor(known, workers)?.max_events_per_s)).toEqual([
      70_000, 70_000, 200_000, 200_000,
    ]);
    expect(rateFor({ state: 'none' }, 1)).toBeNull();
    expect(rateFor({ state: 'stale', calibrated_at: null, why: '' }, 1)).toBeNull();
  });
});

describe('the file', () => {
  test('lies in the cache folder', () => {
    expect(calibrationPlace({ XDG_CACHE_HOME: '/caches' })).toBe('/caches/ridgepoint/calibration.json');
    expect(calibrationPlace({ XDG_CACHE_HOME: 'relative' })).toMatch(
      /^\/.*\.cache\/ridgepoint\/calibration\.json$/,
    );
  });

  test('is made with its folder, keeps what was there, and is read again as it was', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'a', 'b', 'calibration.json');
    expect(readCalibrations(file)).toEqual([]);
    const other = calibration({ host: { ...HOST, name: 'lab-8' } });
    await saveCalibration(file, other);
    await saveCalibration(file, calibration());
    expect(readCalibrations(file)).toEqual([other, calibration()]);
    expect(readHostCalibration(HOST, file)).toMatchObject({
      state: 'calibrated',
      rates: calibration().rates,
    });
    expect(await readdir(join(folder, 'a', 'b'))).toEqual(['calibration.json']);
  });

  test.each(['{"schema_version": 2, "calibrations": []}', '{"schema_version": 1, "calibr', '[]'])(
    'that cannot be read (%s) is told, not used and not overwritten',
    async (text) => {
      const file = join(await temporaryFolder(), 'calibration.json');
      await writeFile(file, text);
      await expect(saveCalibration(file, calibration())).rejects.toMatchObject({ exitCode: 2, where: file });
      expect(await readFile(file, 'utf8')).toBe(text);
      expect(readHostCalibration(HOST, file)).toMatchObject({
        state: 'stale',
        calibrated_at: null,
        why: expect.stringContaining('no file of calibrations'),
      });
    },
  );

  test('that cannot be written is one error with its place', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    await mkdir(join(folder, 'calibration.json'));
    await expect(saveCalibration(join(folder, 'file', 'c.json'), calibration())).rejects.toMatchObject({
      name: 'RidgeError',
      exitCode: 3,
    });
    await expect(saveCalibration(join(folder, 'calibration.json'), calibration())).rejects.toMatchObject({
      exitCode: 3,
    });
  });
});

test.each([
  [1, 1, null],
  [2, 1, { servers: 1, workersAServer: 2 }],
  [4, 2, { servers: 1, workersAServer: 2 }],
  [16, 2, { servers: 5, workersAServer: 2 }],
  [256, 2, { servers: 32, workersAServer: 2 }],
])('%i cores: one thread is fed by %i servers, all cores by %j', (cores, servers, all) => {
  expect(oneCore(cores)).toEqual({ servers, workersAServer: 1 });
  expect(allCores(cores)).toEqual(all);
});
