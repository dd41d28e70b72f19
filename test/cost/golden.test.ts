import { expect, test } from 'vitest';
import { asgar2025Stated } from '../../src/cost/bases/asgar2025.ts';
import { customBasis } from '../../src/cost/bases/custom.ts';
import { customBasisSchema } from '../../src/cost/bases/custom-schema.ts';
import { COST_BASES, findBasis } from '../../src/cost/bases.ts';
import { decodePlans, prefillPlans } from '../../src/cost/phase-plans.ts';
import { STUDY_RULES } from '../../src/cost/rules.ts';
import { uniformSource } from '../../src/cost/sources/uniform.ts';
import { STUDY_DEVICES, STUDY_MODELS } from '../../src/cost/study/devices.ts';
import { benefitRange, DEVICE_IDS, LATENCY } from './golden.ts';

const least = (plans: readonly { readonly device_seconds: number }[]): number =>
  Math.min(...plans.map(({ device_seconds }) => device_seconds));

const DEVICE_SECONDS = [
  ['8B FP8', 512, 4096, [0.00838, 0.00369, 0.00904, 0.00634], [0.3365, 0.1329, 0.2917, 0.1984]],
  ['70B FP8', 512, 4096, [0.07341, 0.03228, 0.07917, 0.05555], [1.1961, 0.442, 0.9939, 0.6625]],
  ['8B FP8', 4096, 512, [0.07092, 0.03119, 0.07649, 0.05367], [0.0707, 0.0282, 0.0616, 0.0422]],
  ['70B FP8', 4096, 512, [0.60672, 0.26682, 0.65433, 0.45916], [0.2343, 0.0877, 0.1915, 0.1337]],
] as const;

test.each(DEVICE_SECONDS)(
  'device-seconds a request of uniform efficiency, %s %i/%i',
  (name, input, output, prefill, decode) => {
    const model = STUDY_MODELS.find((one) => one.name === name)!;
    const workload = { input, output };
    for (const [index, device] of STUDY_DEVICES.entries()) {
      const source = uniformSource(device, model);
      expect(least(prefillPlans(source, workload, [], STUDY_RULES))).toBeCloseTo(prefill[index]!, 5);
      expect(least(decodePlans(source, workload, STUDY_RULES))).toBeCloseTo(decode[index]!, 4);
    }
  },
);

test('a limit of 250 ms forces more devices a prefill worker: TP 4 on H100, TP 2 on B200', () => {
  const model = STUDY_MODELS.find(({ name }) => name === '70B FP8')!;
  const fastest = (id: string, tp: number): number => {
    const device = STUDY_DEVICES.find(({ accelerator }) => accelerator.id === id)!;
    return uniformSource(device, model).prefillSeconds(tp, 1, 4096);
  };
  expect(fastest('h100-sxm', 1)).toBeCloseTo(0.607, 3);
  expect(fastest('h100-sxm', 2)).toBeGreaterThan(0.25);
  expect(fastest('h100-sxm', 4)).toBeCloseTo(0.189, 3);
  expect(fastest('b200-sxm', 1)).toBeGreaterThan(0.25);
  expect(fastest('b200-sxm', 2)).toBeCloseTo(0.147, 3);
});

const PAIRS = [
  ['b200-sxm', 'gaudi3'],
  ['b200-sxm', 'b200-sxm'],
  ['h100-sxm', 'gaudi3'],
  ['b200-sxm', 'h100-sxm'],
  ['gaudi3', 'gaudi3'],
  ['b200-sxm', 'mi300x'],
] as const;

const decodeHeavy = [512, 4096] as const;
const prefillHeavy = [4096, 512] as const;
const basis = (name: string) => findBasis(name)!;
/** Prices and interest of the study, no electricity. */
const capexOnly = asgar2025Stated(0);

/** Benefit over H100::H100, least and most over four models, in the order of PAIRS; null: no price. */
const BENEFITS = [
  [
    asgar2025Stated(),
    decodeHeavy,
    'thr',
    ['1.64–1.78', '1.59–1.72', '1.62–1.72', '1.01–1.02', '1.65–1.83', '1.90–2.03'],
  ],
  [
    asgar2025Stated(),
    decodeHeavy,
    'lat',
    ['1.57–1.94', '1.63–2.41', '1.54–1.90', '1.01–1.01', '1.57–1.97', '1.71–2.26'],
  ],
  [
    asgar2025Stated(),
    prefillHeavy,
    'thr',
    ['1.53–1.59', '1.52–1.58', '1.14–1.24', '1.19–1.33', '1.43–2.32', '1.58–1.66'],
  ],
  [
    asgar2025Stated(),
    prefillHeavy,
    'lat',
    ['1.52–1.70', '1.51–1.83', '1.12–1.23', '1.18–1.39', '1.43–2.40', '1.63–1.81'],
  ],
  [
    asgar2025Stated(0.08),
    decodeHeavy,
    'thr',
    ['2.07–2.21', '1.55–1.68', '2.04–2.12', '1.01–1.02', '2.09–2.33', '2.01–2.14'],
  ],
  [
    asgar2025Stated(0.08),
    decodeHeavy,
    'lat',
    ['1.97–2.43', '1.60–2.36', '1.92–2.36', '1.01–1.01', '1.99–2.50', '1.81–2.39'],
  ],
  [
    asgar2025Stated(0.08),
    prefillHeavy,
    'thr',
    ['1.59–1.70', '1.49–1.55', '1.18–1.35', '1.18–1.31', '1.81–2.94', '1.58–1.69'],
  ],
  [
    asgar2025Stated(0.08),
    prefillHeavy,
    'lat',
    ['1.68–1.79', '1.48–1.79', '1.16–1.35', '1.17–1.38', '1.82–3.05', '1.65–1.81'],
  ],
  [
    capexOnly,
    decodeHeavy,
    'thr',
    ['2.26–2.41', '1.54–1.67', '2.23–2.30', '1.01–1.02', '2.29–2.56', '2.05–2.18'],
  ],
  [
    capexOnly,
    decodeHeavy,
    'lat',
    ['2.15–2.65', '1.59–2.34', '2.09–2.58', '1.01–1.02', '2.18–2.75', '1.84–2.44'],
  ],
  [
    capexOnly,
    prefillHeavy,
    'thr',
    ['1.61–1.76', '1.48–1.54', '1.20–1.39', '1.17–1.30', '1.99–3.23', '1.58–1.69'],
  ],
  [
    capexOnly,
    prefillHeavy,
    'lat',
    ['1.74–1.82', '1.47–1.78', '1.18–1.39', '1.17–1.37', '2.00–3.35', '1.66–1.81'],
  ],
  [
    basis('asgar2025-table5'),
    decodeHeavy,
    'lat',
    ['1.35–1.67', '1.84–2.71', '1.33–1.63', '1.01–1.02', '1.34–1.68', '1.72–2.27'],
  ],
  [
    basis('asgar2025-table5'),
    prefillHeavy,
    'thr',
    ['1.52–1.66', '1.71–1.78', '1.10–1.17', '1.24–1.43', '1.22–1.98', '1.73–1.80'],
  ],
  [
    basis('asgar2025-table5'),
    decodeHeavy,
    'thr',
    ['1.41–1.55', '1.78–1.93', '1.39–1.49', '1.01–1.03', '1.40–1.56', '1.91–2.05'],
  ],
  [
    basis('asgar2025-table5'),
    prefillHeavy,
    'lat',
    ['1.47–1.74', '1.69–2.06', '1.08–1.15', '1.23–1.50', '1.22–2.05', '1.73–1.97'],
  ],
  [
    basis('inferencex-hyperscaler'),
    decodeHeavy,
    'thr',
    [null, '1.65–1.78', null, '1.01–1.02', null, '1.91–2.05'],
  ],
  [
    basis('inferencex-hyperscaler'),
    prefillHeavy,
    'thr',
    [null, '1.58–1.64', null, '1.20–1.36', null, '1.63–1.70'],
  ],
  [
    basis('inferencex-neocloud'),
    decodeHeavy,
    'thr',
    [null, '1.78–1.93', null, '1.01–1.03', null, '1.99–2.14'],
  ],
  [
    basis('inferencex-neocloud'),
    prefillHeavy,
    'thr',
    [null, '1.71–1.78', null, '1.24–1.43', null, '1.75–1.81'],
  ],
  [basis('inferencex-rental'), decodeHeavy, 'thr', [null, '1.11–1.20', null, '1.00–1.00', null, '1.38–1.47']],
  [
    basis('inferencex-rental'),
    prefillHeavy,
    'thr',
    [null, '1.06–1.10', null, '1.01–1.04', null, '1.11–1.18'],
  ],
] as const;

test.each(
  BENEFITS.map(([priced, shape, sla, expected]) => ({ name: priced.name, priced, shape, sla, expected })),
)('benefit over H100::H100 on basis $name, shape $shape, $sla', ({ priced, shape, sla, expected }) => {
  for (const [index, pair] of PAIRS.entries()) {
    const range = expected[index];
    if (range === null || range === undefined) continue;
    const found = benefitRange(priced, shape, sla === 'lat' ? LATENCY : [], pair);
    for (const [end, text] of range.split('–').entries()) {
      // Published to two decimals.
      expect(Math.abs(found[end]! - Number(text)), `${pair.join('::')} ${found.join('–')}`).toBeLessThan(
        0.011,
      );
    }
  }
});

/** Prefill devices for each decode device, rate-matched; the latency limits are on prompts alone and steps alone. */
const RATIOS = [
  ['h100-sxm', 'h100-sxm', [0.025, 0.061], [1.0, 2.59], [0.94, 2.53]],
  ['b200-sxm', 'b200-sxm', [0.028, 0.073], [1.11, 3.04], [1.01, 2.8]],
  ['b200-sxm', 'gaudi3', [0.013, 0.032], [0.51, 1.39], [0.45, 1.08]],
  ['h100-sxm', 'gaudi3', [0.029, 0.074], [1.15, 3.17], [1.03, 2.77]],
] as const;

test.each(RATIOS)(
  'device ratios of %s::%s',
  (prefill, decode, decodeHeavyThr, prefillHeavyThr, prefillHeavyLat) => {
    const ratio = (name: string, [input, output]: readonly [number, number], limited: boolean): number => {
      const model = STUDY_MODELS.find((one) => one.name === name)!;
      const workload = { input, output };
      const sourceOf = (id: string) =>
        uniformSource(STUDY_DEVICES.find(({ accelerator }) => accelerator.id === id)!, model);
      const steps = decodePlans(sourceOf(decode), workload, STUDY_RULES).filter(
        ({ step_s }) => !limited || step_s <= 0.02,
      );
      return (
        least(prefillPlans(sourceOf(prefill), workload, limited ? LATENCY : [], STUDY_RULES)) / least(steps)
      );
    };
    for (const [index, name] of ['8B FP8', '70B FP8'].entries()) {
      expect(ratio(name, decodeHeavy, false)).toBeCloseTo(decodeHeavyThr[index]!, 3);
      // Published out of device-seconds that were rounded to four digits: 3.04 is 3.045 here.
      expect(Math.abs(ratio(name, prefillHeavy, false) - prefillHeavyThr[index]!)).toBeLessThan(0.0061);
      expect(Math.abs(ratio(name, prefillHeavy, true) - prefillHeavyLat[index]!)).toBeLessThan(0.0051);
    }
  },
);

/** TB/s, dense FP8 PFLOP/s; then $/h a TB/s and a PFLOP/s on hyperscaler terms, and all-in kW a TB/s. */
const TERMS = [
  ['h100-sxm', 3.35, 1.979, 0.388, 0.657, 0.516],
  ['h200-sxm', 4.8, 1.979, 0.294, 0.712, 0.36],
  ['b200-sxm', 8, 4.5, 0.244, 0.433, 0.271],
  ['b300-sxm', 8, 4.5, 0.293, 0.52, 0.271],
  ['gb200-nvl72', 8, 5, 0.276, 0.442, 0.263],
  ['gb300-nvl72', 8, 5, 0.332, 0.53, 0.263],
  ['mi300x', 5.3, 2.615, 0.211, 0.428, 0.338],
  ['mi325x', 6, 2.615, 0.213, 0.489, 0.363],
  ['mi355x', 8, 5.033, 0.185, 0.294, 0.331],
] as const;

test.each(TERMS)('published terms of %s, a unit', (id, bandwidth, compute, perBandwidth, perCompute, kw) => {
  const { usd_per_h, power_kw } = basis('inferencex-hyperscaler').costOf({
    ...{ id, name: id, tdp_w: null, price_usd: null },
  });
  // The last digit of a third decimal, or of the bandwidth behind it.
  expect(Math.abs(usd_per_h / bandwidth - perBandwidth)).toBeLessThan(0.0011);
  expect(Math.abs(usd_per_h / compute - perCompute)).toBeLessThan(0.0011);
  expect(Math.abs(power_kw! / bandwidth - kw)).toBeLessThan(0.0011);
});

test('hourly costs of the study: annuity over 48 months at 8 % plus TDP at 0.40', () => {
  const stated = asgar2025Stated();
  const hourly = (id: string): number =>
    stated.costOf({ id, name: id, tdp_w: null, price_usd: null }).usd_per_h;
  expect(hourly('a40')).toBeCloseTo(0.2203, 4);
  expect(hourly('a100-80-sxm')).toBeCloseTo(0.4275, 4);
  expect(DEVICE_IDS.map(hourly).map((usd) => usd.toFixed(4))).toEqual([
    '1.1161',
    '1.7377',
    '0.7780',
    '0.9688',
  ]);
  const parts = stated.costOf({ id: 'h100-sxm', name: '', tdp_w: null, price_usd: null }).components;
  expect(parts.finance).toBeCloseTo(0.8361, 4);
  expect(parts.electricity).toBeCloseTo(0.28, 4);
  expect(stated.costOf({ id: 'a40', name: '', tdp_w: null, price_usd: null }).usd_per_h_per_usd).toBeCloseTo(
    3.3442e-5,
    9,
  );
});

test('a device without a constant is an error on every basis that lacks it', () => {
  const gaudi = { id: 'gaudi3', name: 'Gaudi 3', tdp_w: 900, price_usd: 12_500 };
  expect(() => findBasis('inferencex-rental')!.costOf(gaudi)).toThrow(/no price for 'gaudi3'/);
  for (const one of COST_BASES) {
    const unknown = { id: 'constructor', name: '', tdp_w: 1, price_usd: 1 };
    expect(one.prices(unknown)).toBe(false);
    expect(() => one.costOf(unknown)).toThrow(/no price/);
  }
});

test("a user's file with the study's inputs costs what the study says, and each input moves its own part", () => {
  const file = customBasisSchema.parse({
    name: 'mine',
    date: '2026-05',
    years: 4,
    interest: 0.08,
    usd_per_kwh: 0.4,
    pue: 1,
    catalogue_prices: true,
  });
  const h100 = { id: 'h100-sxm', name: 'H100', tdp_w: 700, price_usd: 25_000 };
  const plain = customBasis(file).costOf(h100);
  expect(plain.usd_per_h).toBeCloseTo(1.1161, 4);
  const full = customBasis({
    ...file,
    pue: 1.5,
    host_share: 0.3,
    utilisation: 0.5,
    colocation_usd_per_kw_month: 146,
    operation_share: 0.0876,
    devices: { 'h100-sxm': { price_usd: 10_000, power_w: 400, power: 'measured' } },
  }).costOf(h100);
  expect(full.components.electricity).toBeCloseTo((0.4 * 1.5 * 0.4) / 0.5, 12);
  expect(full.components.colocation).toBeCloseTo((146 * 0.4) / 730 / 0.5, 12);
  expect(full.components.operation).toBeCloseTo((0.0876 * 10_000) / 8760 / 0.5, 12);
  expect(full.components.finance).toBeCloseTo((3.3442e-5 * 13_000) / 0.5, 4);
  expect(full.power_kind).toBe('measured');
  const sold = customBasis({ ...file, residual_share: 1, interest: 0 }).costOf(h100);
  expect(sold.components.finance).toBeCloseTo(0, 12);
  expect(() => customBasis({ ...file, catalogue_prices: false }).costOf(h100)).toThrow(
    /no price for 'h100-sxm'/,
  );
  expect(() => customBasis(file).costOf({ ...h100, tdp_w: null })).toThrow(/no power/);
});
