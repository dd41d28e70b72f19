import { type CostBasis, type DeviceCost, NO_COST } from '../basis.ts';
import { noConstant } from './no-constant.ts';

type Terms = 'hyperscaler' | 'neocloud' | 'rental';

interface Stated extends Readonly<Record<Terms, number>> {
  /** All-in utility power of one device: components and facility, not the board alone. */
  readonly kw: number;
  /** Marked temporary at the source: 1.2 times B200 or GB200. */
  readonly temporary?: true;
}

const stated = (kw: number, hyperscaler: number, neocloud: number, rental: number): Stated => ({
  kw,
  hyperscaler,
  neocloud,
  rental,
});

/** Dollars a device-hour. */
const DEVICES: Readonly<Record<string, Stated>> = {
  'h100-sxm': stated(1.73, 1.3, 1.69, 1.3),
  'h200-sxm': stated(1.73, 1.41, 1.74, 1.6),
  'b200-sxm': stated(2.17, 1.95, 2.34, 2.9),
  'b300-sxm': { ...stated(2.17, 2.34, 2.808, 3.48), temporary: true },
  'gb200-nvl72': stated(2.1, 2.21, 2.75, 3.3),
  'gb300-nvl72': { ...stated(2.1, 2.652, 3.3, 3.96), temporary: true },
  mi300x: stated(1.79, 1.12, 1.4, 1.55),
  mi325x: stated(2.18, 1.28, 1.59, 1.8),
  mi355x: stated(2.65, 1.48, 1.9, 2.1),
};

const INCLUDES: Readonly<Record<Terms, string>> = {
  hyperscaler: 'own hardware on the terms of a hyperscaler, all-in',
  neocloud: 'own hardware on the terms of a neocloud, all-in',
  rental: 'rent over three years, all-in',
};

const basisOf = (terms: Terms): CostBasis => {
  const name = `inferencex-${terms}`;
  return {
    name,
    date: '2026-04',
    source:
      'SemiAnalysisAI/InferenceX-app packages/app/src/lib/constants.ts at 77ca49a (b300-sxm and gb300-nvl72 are temporary there)',
    includes: INCLUDES[terms],
    excludes: 'nothing that the source names',
    usd_per_kwh: null,
    prices: ({ id }) => Object.hasOwn(DEVICES, id),
    costOf({ id }): DeviceCost {
      if (!Object.hasOwn(DEVICES, id)) throw noConstant(name, id, 'price', Object.keys(DEVICES));
      const device = DEVICES[id]!;
      return {
        components: { ...NO_COST, all_in: device[terms] },
        usd_per_h: device[terms],
        power_kw: device.kw,
        power_kind: 'all_in_utility',
        kw_billed: null,
        usd_per_h_per_usd: null,
        price_usd: null,
      };
    },
  };
};

export const INFERENCEX_BASES: readonly CostBasis[] = (['hyperscaler', 'neocloud', 'rental'] as const).map(
  basisOf,
);
