import type { Accelerator } from '../accelerator/accelerator.ts';

/** Parts of a device's cost, US dollars an hour, kept apart so that a breakdown and a sensitivity need no second look. */
export interface CostComponents {
  /** Purchase with interest, less what it is sold for. */
  readonly finance: number;
  readonly electricity: number;
  readonly colocation: number;
  /** Staff, maintenance, licences. */
  readonly operation: number;
  /** A price that its source states as a whole. */
  readonly all_in: number;
}

export const NO_COST: CostComponents = {
  finance: 0,
  electricity: 0,
  colocation: 0,
  operation: 0,
  all_in: 0,
};

/** What a power figure covers; figures that cover different things are different quantities. */
export type PowerKind = 'tdp' | 'measured' | 'all_in_utility' | 'share_of_tdp' | 'fit';

/** One device for one hour on one basis. */
export interface DeviceCost {
  readonly components: CostComponents;
  readonly usd_per_h: number;
  /** Power that the basis charges or states, kW; null where it states none. */
  readonly power_kw: number | null;
  readonly power_kind: PowerKind | null;
  /** US dollars an hour that each $/kWh of tariff adds (kW·PUE over utilisation); null where electricity is not apart. */
  readonly kw_billed: number | null;
  /** US dollars an hour that each dollar of price adds; null where the price is not apart. */
  readonly usd_per_h_per_usd: number | null;
  readonly price_usd: number | null;
}

/** How devices are priced. Two devices are never priced on different bases. */
export interface CostBasis {
  readonly name: string;
  /** Month of the prices. */
  readonly date: string;
  readonly source: string;
  readonly includes: string;
  readonly excludes: string;
  /** Paid for each kWh, US dollars; null where electricity is not apart. */
  readonly usd_per_kwh: number | null;
  /**
   * Cost of a device.
   * @throws RidgeError (exit 2) when the basis has no constant for it
   */
  costOf(device: Pick<Accelerator, 'id' | 'name' | 'tdp_w' | 'price_usd'>): DeviceCost;
  /**
   * The same with the watts of a fit's power model in place of its own; absent: such watts are not billed.
   * @throws RidgeError (exit 2) when the basis has no price for it
   */
  metered?(device: Pick<Accelerator, 'id' | 'name' | 'tdp_w' | 'price_usd'>, kw: number): DeviceCost;
  /** Whether it has every constant of a device. */
  prices(device: Pick<Accelerator, 'id' | 'tdp_w' | 'price_usd'>): boolean;
}

export const sumOf = (components: CostComponents): number =>
  components.finance +
  components.electricity +
  components.colocation +
  components.operation +
  components.all_in;
