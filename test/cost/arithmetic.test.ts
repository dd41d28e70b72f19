import { expect, test } from 'vitest';
import { asgar2025Stated } from '../../src/cost/bases/asgar2025.ts';
import { bisect, linearBreakEven, priceBreakEven, tariffBreakEven } from '../../src/cost/break-even.ts';
import {
  joulesPerToken,
  requestCost,
  tokensPerSecondPerMegawatt,
  usdPerMtok,
} from '../../src/cost/dollars.ts';
import { exposedSeconds, translationSeconds } from '../../src/cost/transfer.ts';
import fc from '../property.ts';

const G = {
  'h100-sxm': { prefill: 0.07341, decode: 1.1961 },
  'b200-sxm': { prefill: 0.03228, decode: 0.442 },
  gaudi3: { prefill: 0.07917, decode: 0.9939 },
} as const;
type Id = keyof typeof G;
const hourly = (id: Id): number =>
  asgar2025Stated().costOf({ id, name: id, tdp_w: null, price_usd: null }).usd_per_h;

test.each([
  ['h100-sxm', 'h100-sxm', 3.936e-4, 0.0961, 0.0854, 0.0444, 0.0905],
  ['b200-sxm', 'gaudi3', 2.304e-4, 0.0562, 0.05, 0.0304, 0.0524],
  ['b200-sxm', 'b200-sxm', 2.289e-4, 0.0559, 0.0497, 0.0304, 0.0521],
] as const)('dollars of %s::%s, 70B FP8 512/4096', (p, d, request, output, total, splitIn, splitOut) => {
  const cost = requestCost(
    { prefill: G[p].prefill, decode: G[d].decode },
    { prefill: hourly(p), decode: hourly(d) },
    { input: 512, output: 4096 },
  );
  expect(cost.usd_per_request).toBeCloseTo(request, 7);
  expect(cost.output_usd_per_mtok).toBeCloseTo(output, 4);
  expect(cost.total_usd_per_mtok).toBeCloseTo(total, 4);
  expect(cost.split.input_usd_per_mtok).toBeCloseTo(splitIn, 4);
  expect(cost.split.output_usd_per_mtok).toBeCloseTo(splitOut, 4);
});

test('the worked example of two devices: the third option by its formula, which is misprinted there as 0.07', () => {
  // Device-seconds are tokens here, and prices are per token: 3600 undoes the hours.
  const usd = (prefill: number, decode: number, moved = 0): number =>
    requestCost(
      { prefill: 1000, decode: 500 },
      { prefill: 3600 * (prefill + moved), decode: 3600 * decode },
      { input: 1000, output: 500 },
    ).usd_per_request;
  expect(usd(8e-5, 6e-5)).toBeCloseTo(0.11, 12);
  expect(usd(8e-5, 2e-5, 5e-6)).toBeCloseTo(0.095, 12);
  expect(usd(5e-5, 2e-5)).toBeCloseTo(0.06, 12);
});

test('the device view, energy and tokens a megawatt', () => {
  expect(usdPerMtok(3.6, 1000)).toBeCloseTo(1, 12);
  expect(joulesPerToken(0.7, 1400)).toBeCloseTo(0.5, 12);
  expect(tokensPerSecondPerMegawatt(0.7, 1400)).toBeCloseTo(2e6, 6);
});

test('Gaudi 3 is cheaper a TB/s than B200 below 0.459 $/kWh', () => {
  const perBandwidth = (id: Id, bandwidth: number) => {
    const { components, kw_billed } = asgar2025Stated().costOf({
      id,
      name: id,
      tdp_w: null,
      price_usd: null,
    });
    return [{ g: 1 / bandwidth, a: components.finance, k: kw_billed! }];
  };
  const found = tariffBreakEven(perBandwidth('gaudi3', 3700), perBandwidth('b200-sxm', 8000));
  expect(found.state).toBe('found');
  expect(found.state === 'found' && found.value).toBeCloseTo(0.459, 3);
});

test('break-evens: none where the lines do not cross in range; prices invert the cost', () => {
  expect(linearBreakEven({ fixed: 1, slope: 1 }, { fixed: 2, slope: 1 })).toMatchObject({
    state: 'none_in_range',
  });
  expect(linearBreakEven({ fixed: 2, slope: 1 }, { fixed: 1, slope: 0.5 })).toMatchObject({
    state: 'none_in_range',
  });
  const price = priceBreakEven(10, 4, 3e-5, 2);
  expect(price.state === 'found' && 4 + 2 * 3e-5 * price.value).toBeCloseTo(10, 9);
  expect(bisect((x) => x * x - 2, 0, 10)).toEqual({ state: 'found', value: expect.closeTo(Math.SQRT2, 9) });
  expect(bisect((x) => x * x + 1, 0, 10)).toMatchObject({ state: 'none_in_range' });
});

const MIB = 2 ** 20;
const FREE = { base_s: 0, descriptors: 0, descriptor_s: 0, sync_s: 0 };
test.each([
  ['8B 512', 32, 32, 0.67, 0.021],
  ['8B BF16 512', 64, 32, 1.34, 0.042],
  ['8B 4096', 256, 32, 5.4, 0.17],
  ['8B BF16 4096', 512, 32, 10.7, 0.34],
  ['70B 512', 80, 80, 1.7, 0.021],
  ['70B BF16 512', 160, 80, 3.4, 0.042],
  ['70B 4096', 640, 80, 13.4, 0.17],
  ['70B BF16 4096', 1280, 80, 26.8, 0.34],
] as const)('KV transfer at 50 GB/s, %s', (_, mebibytes, layers, serializedMs, tailMs) => {
  const one = {
    bytes: mebibytes * MIB,
    layers,
    bytes_per_s: 50e9,
    prefill_s: 1,
    fixed: FREE,
    translate_s: 0,
  };
  expect(1e3 * exposedSeconds({ ...one, mode: 'serialized' })).toBeCloseTo(serializedMs, 1);
  expect(1e3 * exposedSeconds({ ...one, mode: 'layer_wise' })).toBeCloseTo(tailMs, 2);
});

test('layer-wise transfers expose a backlog where the link is slower than the prompt, and never more than serialized ones', () => {
  const one = { bytes: 1e9, layers: 10, bytes_per_s: 1e9, prefill_s: 0.5, fixed: FREE, translate_s: 0 };
  expect(exposedSeconds({ ...one, mode: 'layer_wise' })).toBeCloseTo(1 - 9 * 0.05, 12);
  const positive = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
  fc.assert(
    fc.property(
      positive,
      positive,
      positive,
      fc.integer({ min: 1, max: 100 }),
      (bytes, speed, prefill_s, layers) => {
        const any = { bytes, layers, bytes_per_s: speed, prefill_s, fixed: FREE, translate_s: 0 };
        const layerWise = exposedSeconds({ ...any, mode: 'layer_wise' });
        expect(layerWise).toBeLessThanOrEqual(exposedSeconds({ ...any, mode: 'serialized' }) * (1 + 1e-9));
        expect(layerWise).toBeGreaterThanOrEqual((bytes / speed / layers) * (1 - 1e-9));
      },
    ),
  );
});

test.each([
  [32 * MIB, 29],
  [64 * MIB, 57],
  [256 * MIB, 229],
  [1280 * MIB, 1145],
  // One layer of each.
  [(32 * MIB) / 32, 0.9],
  [(64 * MIB) / 32, 1.8],
  [(256 * MIB) / 32, 7.2],
  [(1280 * MIB) / 80, 14.3],
] as const)('a change of layout moves every byte twice: %i bytes', (bytes, microseconds) => {
  const one = { bytes, memory_bytes_per_s: 3.35e12, efficiency: 0.7, tp: 1, launches: 0, launch_s: 0 };
  expect(1e6 * translationSeconds({ ...one, host_bytes_per_s: null })).toBeCloseTo(microseconds, 0);
  expect(
    translationSeconds({ ...one, tp: 2, launches: 3, launch_s: 1e-3, host_bytes_per_s: 50e9 }),
  ).toBeCloseTo(bytes / 3.35e12 / 0.7 + 3e-3 + bytes / 25e9, 9);
});
