import { HOURS_PER_MONTH, monthlyPayment } from '../annuity.ts';
import { type CostBasis, type DeviceCost, NO_COST, sumOf } from '../basis.ts';
import { noConstant } from './no-constant.ts';

interface Printed {
  readonly price_usd: number;
  readonly kw: number;
  /** Table 5, last column. */
  readonly operating_usd_per_h: number;
}

const SOURCE = 'arXiv:2507.19635 v1 (Asgar, Nguyen, Katti), Table 5: reseller averages, June 2025';

/** Prices and operating costs as printed; rated power of the data sheets (that of the A40 is unconfirmed). */
const DEVICES: Readonly<Record<string, Printed>> = {
  a40: { price_usd: 3000, kw: 0.3, operating_usd_per_h: 0.15 },
  'a100-80-sxm': { price_usd: 8000, kw: 0.4, operating_usd_per_h: 0.25 },
  gaudi3: { price_usd: 12_500, kw: 0.9, operating_usd_per_h: 0.49 },
  mi300x: { price_usd: 20_000, kw: 0.75, operating_usd_per_h: 0.52 },
  'h100-sxm': { price_usd: 25_000, kw: 0.7, operating_usd_per_h: 0.6 },
  'b200-sxm': { price_usd: 40_000, kw: 1, operating_usd_per_h: 0.83 },
};

const INTEREST = 0.08;
const YEARS = 4;
export const STATED_TARIFF = 0.4;
/** Dollars an hour for each dollar of price: 3.3442e-5. */
export const STATED_FINANCE_FACTOR = monthlyPayment(1, INTEREST, YEARS) / HOURS_PER_MONTH;

function printed(basis: string, id: string): Printed {
  if (Object.hasOwn(DEVICES, id)) return DEVICES[id]!;
  throw noConstant(basis, id, 'price', Object.keys(DEVICES));
}

/**
 * The reference study's stated formula: price over 48 months at 8 %, and rated power at a tariff.
 * @param usdPerKwh the study's 0.40; another one is part of the basis' name
 */
export function asgar2025Stated(usdPerKwh: number = STATED_TARIFF): CostBasis {
  const plain = 'asgar2025-stated';
  const name = usdPerKwh === STATED_TARIFF ? plain : `${plain} at $${usdPerKwh}/kWh`;
  return {
    name,
    date: '2025-06',
    source: `${SOURCE}; 48 months at 8 %, TDP at $${usdPerKwh}/kWh`,
    includes: 'purchase, interest, electricity at TDP',
    excludes: 'PUE, host, network, colocation, utilisation',
    usd_per_kwh: usdPerKwh,
    prices: ({ id }) => Object.hasOwn(DEVICES, id),
    costOf({ id }): DeviceCost {
      const { price_usd, kw } = printed(name, id);
      const components = {
        ...NO_COST,
        finance: STATED_FINANCE_FACTOR * price_usd,
        electricity: kw * usdPerKwh,
      };
      return {
        components,
        usd_per_h: sumOf(components),
        power_kw: kw,
        power_kind: 'tdp',
        kw_billed: kw,
        usd_per_h_per_usd: STATED_FINANCE_FACTOR,
        price_usd,
      };
    },
  };
}

/** The reference study's printed operating costs, which do not follow from its formula: the principal seems to be missing. */
export const ASGAR2025_TABLE5: CostBasis = {
  name: 'asgar2025-table5',
  date: '2025-06',
  source: SOURCE,
  includes: 'as printed: about interest and electricity',
  excludes: 'the purchase itself, it appears; PUE, host, network, colocation, utilisation',
  usd_per_kwh: null,
  prices: ({ id }) => Object.hasOwn(DEVICES, id),
  costOf({ id }): DeviceCost {
    const { operating_usd_per_h, kw } = printed('asgar2025-table5', id);
    return {
      components: { ...NO_COST, all_in: operating_usd_per_h },
      usd_per_h: operating_usd_per_h,
      power_kw: kw,
      power_kind: 'tdp',
      kw_billed: null,
      usd_per_h_per_usd: null,
      price_usd: null,
    };
  },
};
