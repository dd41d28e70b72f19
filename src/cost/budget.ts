import type { BareRow } from './compare-rows.ts';
import { wholeChoice } from './ratio.ts';

/** Most that a deployment may cost an hour, or draw. */
export type Budget = { readonly kind: 'usd_per_h' | 'power_kw'; readonly most: number };

interface Share {
  readonly requests_per_s: number;
  readonly devices: string;
  readonly usd_per_h: number;
  readonly kw: number | null;
}

/** The most requests a second that whole workers of an option serve within a budget; null where none fits, or none is asked. */
export function budgetOf(row: BareRow, budget: Budget | null): Share | null {
  if (budget === null) return null;
  const { pools } = row;
  if (pools.kind === 'pair') {
    const choice = wholeChoice(pools.prefill, pools.decode, {
      granularity: 'devices',
      ...(budget.kind === 'usd_per_h' ? { most_usd_per_h: budget.most } : { most_kw: budget.most }),
    });
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
  const workers = Math.floor(budget.most / each);
  if (workers < 1) return null;
  return {
    requests_per_s: workers * rate,
    devices: `${workers * tp}`,
    usd_per_h: workers * tp * usd_per_h,
    kw: kw === null ? null : workers * tp * kw,
  };
}
