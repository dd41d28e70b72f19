import type { BareRow } from './compare-rows.ts';
import { mostWithin } from './ratio.ts';

/** Most that a deployment may cost an hour, or draw; or the requests/s that it must serve at least. */
export type Budget =
  | { readonly kind: 'usd_per_h' | 'power_kw'; readonly most: number }
  | { readonly kind: 'requests_per_s'; readonly least: number };

interface Share {
  readonly requests_per_s: number;
  readonly devices: string;
  readonly usd_per_h: number;
  readonly kw: number | null;
}

/**
 * The most requests a second that whole workers of an option serve within a budget, or the fewest that serve a rate; null where
 * none fits, or none is asked.
 */
export function budgetOf({ pools }: BareRow, budget: Budget | null): Share | null {
  if (budget === null) return null;
  if (budget.kind === 'requests_per_s') return servingRate(pools, budget.least);
  if (pools.kind === 'pair') {
    const choice = mostWithin(pools.prefill, pools.decode, budget);
    return (
      choice && {
        requests_per_s: choice.requests_per_s,
        devices: `${choice.prefill_devices}:${choice.decode_devices}`,
        usd_per_h: choice.usd_per_h,
        kw: choice.kw,
      }
    );
  }
  const { tp, rate, usd_per_h, kw } = pools.pool;
  const each =
    budget.kind === 'usd_per_h' ? tp * usd_per_h : kw === null ? Number.POSITIVE_INFINITY : tp * kw;
  const workers = Math.floor(budget.most / each + 1e-9);
  if (workers < 1) return null;
  return {
    requests_per_s: workers * rate,
    devices: `${workers * tp}`,
    usd_per_h: workers * tp * usd_per_h,
    kw: kw === null ? null : workers * tp * kw,
  };
}

/** What one worker of each pool costs an hour, or draws; Infinity where its power is not known. */
export function leastUse({ pools }: BareRow, kind: 'usd_per_h' | 'power_kw'): number {
  const parts = pools.kind === 'pair' ? [pools.prefill, pools.decode] : [pools.pool];
  return parts.reduce(
    (sum, { tp, usd_per_h, kw }) =>
      sum + tp * (kind === 'usd_per_h' ? usd_per_h : (kw ?? Number.POSITIVE_INFINITY)),
    0,
  );
}

/** Whole workers of each pool for a rate, each pool rounded up for itself. */
function servingRate(pools: BareRow['pools'], least: number): Share {
  const parts = pools.kind === 'pair' ? [pools.prefill, pools.decode] : [pools.pool];
  const sized = parts.map((pool) => ({ ...pool, devices: pool.tp * Math.ceil(least / pool.rate - 1e-9) }));
  const kw = sized.every((one) => one.kw !== null)
    ? sized.reduce((sum, one) => sum + one.devices * one.kw!, 0)
    : null;
  return {
    requests_per_s: Math.min(...sized.map(({ devices, tp, rate }) => (devices / tp) * rate)),
    devices: sized.map(({ devices }) => devices).join(':'),
    usd_per_h: sized.reduce((sum, { devices, usd_per_h }) => sum + devices * usd_per_h, 0),
    kw,
  };
}
