import type { AggregatedPlan } from './aggregated-plans.ts';
import type { DeviceCost } from './basis.ts';
import type { ComparedDevice } from './compare-row.ts';
import type { PairPlan } from './pair-plan.ts';
import type { SearchRules } from './rules.ts';
import { meanContext, type Workload } from './workload.ts';

/**
 * Cost of a device in its role, with the watts of the fit's power model where it has one: billed where the basis says so, else
 * told in place of its rated power. All-in utility power covers more than the device and stays.
 */
export function costInRole({ cost, metered }: ComparedDevice, watts: number | null): DeviceCost {
  if (watts === null) return cost;
  if (metered) return metered(watts / 1000);
  if (cost.power_kind !== 'tdp' && cost.power_kind !== 'share_of_tdp') return cost;
  return { ...cost, power_kw: watts / 1000, power_kind: 'fit' };
}

/** Mean watts of a device of a prefill pool: computing for the share of the time that its queue lets it, idle else. */
export function prefillWatts(
  { source }: ComparedDevice,
  { tp, batch, utilisation }: PairPlan['prefill'],
  { input }: Workload,
): number | null {
  const { power } = source.central;
  if (!power) return null;
  return utilisation * power.prefillWatts(tp, batch, input) + (1 - utilisation) * power.idle_w;
}

/** The same of a decode pool. */
export function decodeWatts(
  { source }: ComparedDevice,
  { tp, batch }: PairPlan['decode'],
  workload: Workload,
  { utilisation }: SearchRules,
): number | null {
  const { power } = source.central;
  if (!power) return null;
  const busy = power.decodeWatts(tp, batch, meanContext(workload));
  return utilisation.decode * busy + (1 - utilisation.decode) * power.idle_w;
}

/** Mean watts of a device that does both: prompts for the time that they take, else decode steps, idle without a request. */
export function mixedWatts(
  { source }: ComparedDevice,
  { tp, batch, requests_per_s }: AggregatedPlan,
  workload: Workload,
): number | null {
  const { power, prefillSeconds } = source.central;
  if (!power) return null;
  const busy = Math.min(1, batch);
  const prompts = Math.min(busy, requests_per_s * prefillSeconds(tp, 1, workload.input));
  const decode = power.decodeWatts(tp, Math.max(1, batch), meanContext(workload));
  return (
    prompts * power.prefillWatts(tp, 1, workload.input) +
    (busy - prompts) * decode +
    (1 - busy) * power.idle_w
  );
}
