import { type AggregatedPlan, aggregatedPlans } from './aggregated-plans.ts';
import { cheapestPair, type PairPlan, type PlannedDevice } from './pair-plan.ts';
import { type DecodePlan, decodePlans, type PrefillPlan, prefillPlans } from './phase-plans.ts';
import type { PhaseSource } from './phase-source.ts';
import type { SearchRules } from './rules.ts';
import type { Objective, Workload } from './workload.ts';

/** A device that takes part in a search. */
export interface PricedSource {
  readonly source: PhaseSource;
  readonly usd_per_h: number;
}

export interface SearchQuestion {
  readonly workload: Workload;
  readonly objectives: readonly Objective[];
  readonly rules: SearchRules;
}

/** Prefill on one device and decode on another, or both together on one. `plan` is null where no plan meets the objectives. */
export type SearchedOption =
  | {
      readonly kind: 'pair';
      readonly prefill: number;
      readonly decode: number;
      readonly plan: PairPlan | null;
    }
  | {
      readonly kind: 'aggregated';
      readonly device: number;
      readonly plan: AggregatedPlan | null;
      readonly usd_per_request: number | null;
    };

const cheapest = <Plan extends { readonly device_seconds: number }>(plans: readonly Plan[]): Plan | null =>
  plans.reduce<Plan | null>(
    (best, one) => (best === null || one.device_seconds < best.device_seconds ? one : best),
    null,
  );

type Plans = Pick<PlannedDevice, 'prefill' | 'decode'>;
/** Plans do not depend on prices: who asks again of the same source gets the same ones. */
const known = new WeakMap<PhaseSource, WeakMap<SearchQuestion, Plans>>();

function planned({ source, usd_per_h }: PricedSource, question: SearchQuestion): PlannedDevice {
  const ofSource = known.get(source) ?? new WeakMap<SearchQuestion, Plans>();
  known.set(source, ofSource);
  const plans = ofSource.get(question) ?? plansOf(source, question);
  ofSource.set(question, plans);
  return { source, usd_per_h, ...plans };
}

function plansOf(source: PhaseSource, { workload, objectives, rules }: SearchQuestion): Plans {
  const byTp = <Plan extends { readonly tp: number }>(plans: readonly Plan[]): Plan[][] =>
    source.tp_sizes.map((tp) => plans.filter((one) => one.tp === tp));
  const all = prefillPlans(source, workload, objectives, rules);
  const endToEnd = objectives.some(({ metric }) => metric === 'e2e');
  const prefill: PrefillPlan[] = endToEnd ? all : byTp(all).flatMap((plans) => cheapest(plans) ?? []);
  const decode: DecodePlan[][] = byTp(decodePlans(source, workload, rules)).map((plans) =>
    plans.sort((a, b) => a.device_seconds - b.device_seconds),
  );
  return { prefill, decode };
}

/** Every ordered pair of devices and every device alone, each at its cheapest plan that meets the objectives. */
export function searchAll(devices: readonly PricedSource[], question: SearchQuestion): SearchedOption[] {
  return [...searchPairs(devices, question), ...searchAlone(devices, question)];
}

/** Every ordered pair of devices. */
export function searchPairs(devices: readonly PricedSource[], question: SearchQuestion): SearchedOption[] {
  const { workload, objectives, rules } = question;
  const ready = devices.map((device) => planned(device, question));
  return ready.flatMap((p, prefill) =>
    ready.map(
      (d, decode): SearchedOption => ({
        kind: 'pair',
        prefill,
        decode,
        plan: cheapestPair(p, d, workload, objectives, rules),
      }),
    ),
  );
}

/** Every device alone. */
function searchAlone(
  devices: readonly PricedSource[],
  { workload, objectives, rules }: SearchQuestion,
): SearchedOption[] {
  return devices.map(({ source, usd_per_h }, device): SearchedOption => {
    const plan = cheapest(aggregatedPlans(source, workload, objectives, rules));
    return {
      kind: 'aggregated',
      device,
      plan,
      usd_per_request: plan && (plan.device_seconds * usd_per_h) / 3600,
    };
  });
}

/** Cost of a request; null where nothing meets the objectives. */
export const usdPerRequest = (option: SearchedOption): number | null =>
  option.kind === 'pair' ? (option.plan?.usd_per_request ?? null) : option.usd_per_request;
