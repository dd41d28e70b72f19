import type { Accelerator } from '../../accelerator/accelerator.ts';
import { HOURS_PER_MONTH, HOURS_PER_YEAR, monthlyPayment, presentValue } from '../annuity.ts';
import { type CostBasis, type DeviceCost, NO_COST, type PowerKind, sumOf } from '../basis.ts';
import type { CustomBasis } from './custom-schema.ts';
import { noConstant } from './no-constant.ts';

type Priced = Pick<Accelerator, 'id' | 'tdp_w' | 'price_usd'>;

function priceOf(file: CustomBasis, device: Priced): number | null {
  const own = Object.hasOwn(file.devices, device.id) ? file.devices[device.id]!.price_usd : undefined;
  return own ?? (file.catalogue_prices ? device.price_usd : null);
}

interface Power {
  readonly kw: number;
  readonly kind: PowerKind;
}

function powerOf(file: CustomBasis, device: Priced): Power | null {
  const own = Object.hasOwn(file.devices, device.id) ? file.devices[device.id]! : undefined;
  if (own?.power_w !== undefined) return { kw: own.power_w / 1000, kind: own.power };
  if (device.tdp_w === null) return null;
  return {
    kw: (device.tdp_w / 1000) * file.tdp_share,
    kind: file.tdp_share === 1 ? 'tdp' : 'share_of_tdp',
  };
}

/**
 * A basis out of a user's file: (annuity of price and host less the residual's present value, and operation) an hour, plus
 * colocation, plus electricity at the PUE, all over the utilisation.
 */
export function customBasis(file: CustomBasis): CostBasis {
  const { interest, years, utilisation } = file;
  const financed = 1 + file.host_share - presentValue(file.residual_share, interest, years);
  const financePerUsd = monthlyPayment(financed, interest, years) / HOURS_PER_MONTH / utilisation;
  const operationPerUsd = file.operation_share / HOURS_PER_YEAR / utilisation;
  const costWith = (device: Priced, power: Power): DeviceCost => {
    const price = priceOf(file, device);
    if (price === null) throw noConstant(file.name, device.id, 'price', []);
    const kwBilled = (power.kw * file.pue) / utilisation;
    const components = {
      ...NO_COST,
      finance: financePerUsd * price,
      operation: operationPerUsd * price,
      colocation: (file.colocation_usd_per_kw_month * power.kw) / HOURS_PER_MONTH / utilisation,
      electricity: kwBilled * file.usd_per_kwh,
    };
    return {
      components,
      usd_per_h: sumOf(components),
      power_kw: power.kw,
      power_kind: power.kind,
      kw_billed: kwBilled,
      usd_per_h_per_usd: financePerUsd + operationPerUsd,
      price_usd: price,
    };
  };
  const given = ({ id }: Priced): boolean =>
    Object.hasOwn(file.devices, id) && file.devices[id]!.power_w !== undefined;
  return {
    name: file.name,
    date: file.date,
    source: file.source,
    includes: `price and host over ${years} years at ${100 * interest} %, electricity at $${file.usd_per_kwh}/kWh and PUE ${file.pue}${file.power === 'fit' ? ', watts of fits where they have them' : ''}${file.colocation_usd_per_kw_month > 0 ? ', colocation' : ''}${file.operation_share > 0 ? ', operation' : ''}; utilisation ${utilisation}`,
    excludes: 'what the file does not name',
    usd_per_kwh: file.usd_per_kwh,
    prices: (device) => priceOf(file, device) !== null && powerOf(file, device) !== null,
    costOf(device): DeviceCost {
      const power = powerOf(file, device);
      if (priceOf(file, device) === null) throw noConstant(file.name, device.id, 'price', []);
      if (power === null) throw noConstant(file.name, device.id, 'power', []);
      return costWith(device, power);
    },
    ...(file.power === 'fit' && {
      metered: (device: Priced, kw: number): DeviceCost =>
        costWith(device, given(device) ? powerOf(file, device)! : { kw, kind: 'fit' }),
    }),
  };
}
