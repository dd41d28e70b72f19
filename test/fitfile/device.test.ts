import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import { buildDevice } from '../../src/fitfile/device-build.ts';
import { checkDeviceText } from '../../src/fitfile/device-check.ts';
import { parseDevice } from '../../src/fitfile/device-read.ts';
import { fittedRows } from '../../src/fitfile/fitted-rows.ts';
import { readFit } from '../../src/fitfile/read.ts';
import { builtInCard } from '../../src/model/cards.ts';
import { predictUnmeasured } from '../../src/predict/predict-unmeasured.ts';
import { canonicalJson } from '../../src/stats/canonical-json.ts';
import { madeFit } from './made-fit.ts';

const place = (path: string): string => fileURLToPath(new URL(`../../fits/${path}`, import.meta.url));
const FITS = [
  'h100-sxm/qwen-qwen3-32b/vllm-0.12.0-bf16.fit.json',
  'h100-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json',
  'mi300x/deepseek-ai-deepseek-r1-0528/sglang-0.5.5.post3-fp8.fit.json',
];
const fits = await Promise.all(FITS.map((path) => readFit(place(path))));
const device = buildDevice(fits, 'h100-sxm');
const any = buildDevice(fits, 'any');
const text = canonicalJson(device);
const made = madeFit();
const card = builtInCard('llama-3.1-8b')!;
const shape = { input: 1024, output: 128, concurrency: 16 };

describe('a device file', () => {
  test('is read as it was written, and tells when it was changed', () => {
    expect(parseDevice(text, 'x')).toEqual(device);
    expect(checkDeviceText(text, 'x').problems).toEqual([]);
    const [problem] = checkDeviceText(text.replace('"h100-sxm"', '"h200-sxm"'), 'x').problems;
    expect(problem?.message).toMatch(/digest/);
    expect(checkDeviceText(text.slice(0, 500), 'x').problems[0]?.message).toMatch(/not JSON/);
  });

  test('knows engines of its own fits, dense and experts, and engines without a fit', () => {
    expect(device.servers.map(({ engine, kind }) => `${engine} ${kind}`)).toEqual([
      'vllm dense',
      'vllm experts',
      'null dense',
      'null experts',
    ]);
    expect(device.fits).toHaveLength(3);
  });

  test('every fit of the device was predicted without its model, every one of all for any device', () => {
    expect(device.left_out.map(({ fit }) => fit).sort()).toEqual([fits[0]!.id, fits[1]!.id].sort());
    expect(any.left_out).toHaveLength(3);
    for (const { tpot_ms } of device.left_out) expect(tpot_ms!.mape).toBeLessThan(60);
  });

  test('a new model is predicted with an interval that is wider where the device is unknown, too', () => {
    const h100 = findAccelerator('h100-sxm');
    const here = predictUnmeasured({ device, accelerator: h100, card, engine: 'vllm' }, shape);
    const afar = predictUnmeasured({ device: any, accelerator: h100, card, engine: 'vllm' }, shape);
    const width = ([low, high]: readonly [number, number]): number => Math.log(high / low);
    expect(width(afar.tpot_ms.interval_90!)).toBeGreaterThan(width(here.tpot_ms.interval_90!));
    expect([here.device_measured, afar.device_measured]).toEqual([true, false]);
    const shares = here.width_from.tpot_ms;
    expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
    expect(shares[0]!.share).toBeGreaterThanOrEqual(shares[1]!.share);
  });

  test('a model that does not fit the memory is refused', () => {
    const llama = builtInCard('llama-3.1-70b')!;
    const server = { device, accelerator: findAccelerator('h100-sxm'), card: llama, engine: 'vllm' };
    expect(() => predictUnmeasured(server, shape)).toThrow(/do not fit/);
  });
});

test('the numbers that a fit was made from follow from its predictions and residuals', () => {
  const fit = made;
  const shown = fit.residuals.filter(({ measured }) => measured !== null);
  const rows = fittedRows(fit);
  expect(rows).toHaveLength(fit.residuals.length);
  expect(shown.length).toBeGreaterThan(0);
  rows.forEach(({ measured }, i) => {
    expect(measured / fit.residuals[i]!.measured!).toBeCloseTo(1, 1);
  });
});

test('the published device files are whole', async () => {
  for (const id of ['h100-sxm', 'b200-sxm', 'mi300x', 'mi355x', 'any']) {
    const path = place(`${id}/device.json`);
    expect(checkDeviceText(await readFile(path, 'utf8'), path).problems).toEqual([]);
  }
});
