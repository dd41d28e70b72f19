import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { areFew } from '../../src/fit/few-cells.ts';
import { observationsFromRuns, type RunCells } from '../../src/fit/from-runs.ts';
import type { DevicePrior } from '../../src/fitfile/device-prior.ts';
import { parseDevice } from '../../src/fitfile/device-read.ts';
import { familyFits } from '../../src/fitfile/family.ts';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import { parseFit } from '../../src/fitfile/parse.ts';
import { predict } from '../../src/predict/predict.ts';
import { unmeasuredModel } from '../../src/predict/unmeasured-server.ts';
import { accelerator, card, measureSuite } from '../fit/virtual.ts';
import { textOf, withContent } from './made-fit.ts';

const place = fileURLToPath(new URL('../../fits/h100-sxm/device.json', import.meta.url));
const device = parseDevice(await readFile(place, 'utf8'), place);
const prior: DevicePrior = {
  model: unmeasuredModel({ device, accelerator, card, engine: 'vllm' }),
  degrees: 6,
  source: {
    ...{ kind: 'device_file', accelerator: 'h100-sxm', digest: device.digest },
    ...{ engine: 'vllm', model_kind: 'dense', fits: device.fits.length, without: [], degrees: 6 },
  },
};
const made = { createdAt: '2026-01-15T12:00:00.000Z', toolVersion: '0.1.0', bootstrap: 0 } as const;
const whole = measureSuite([1]);
const first = (count: number): RunCells => ({
  ...whole,
  records: whole.records.filter(({ cell }) => !cell.hold_out).slice(0, count),
});

describe('a fit of few cells', () => {
  const fit = makeFit([first(1)], { ...made, prior: { use: 'auto', device: prior } });

  test('is refused without the fits of others, and made with them', () => {
    expect(() => makeFit([first(1)], made)).toThrow(/too few usable cells/);
    expect(fit.residuals.length).toBeLessThanOrEqual(2);
  });

  test('says which device file it started from, and what its cells decided', () => {
    expect(fit.prior).toMatchObject({ kind: 'device_file', digest: device.digest, cells: 1 });
    const { decided_by_cells, columns, log_standard_errors } = fit.prior!;
    expect(columns).toBe(10);
    expect(decided_by_cells).toBeGreaterThan(0.1);
    expect(decided_by_cells).toBeLessThanOrEqual(fit.prior!.numbers);
    const fell = Object.values(log_standard_errors).filter(({ before, after }) => after < 0.95 * before);
    expect(fell.length).toBeGreaterThan(0);
    expect(parseFit(textOf(fit), 'x').prior).toEqual(fit.prior);
  });

  test('is as unsure outside its cells as the device file, and no rule of thumb widens that', () => {
    const far = predict(fit, { input: 16_384, output: 1024, concurrency: 32, tp: 2 });
    expect(far.doublings_outside).toBe(0);
    expect(far.tpot_ms.interval_90).not.toBeNull();
    expect(far.extrapolates.join()).toContain('those of the device file');
    expect(
      predict(withContent(fit, { prior: undefined }), { input: 16_384, output: 1024, concurrency: 32 })
        .tpot_ms.interval_90,
    ).toBeNull();
  });

  test('does not count among the fits that device files are made from: they would count twice', () => {
    const real = withContent(fit, { simulated: false });
    const own = withContent(real, { prior: undefined });
    expect(familyFits([real, own], 'h100-sxm')).toEqual([own]);
  });
});

test('eight cells stand by themselves, and so do fewer whose engine steps are known', () => {
  const { observations } = observationsFromRuns([whole]);
  expect(areFew(observations.slice(0, 7))).toBe(true);
  expect(areFew(observations.slice(0, 8))).toBe(false);
  expect(areFew(observations.slice(0, 1).map((one) => ({ ...one, steps: [] })))).toBe(false);
});
