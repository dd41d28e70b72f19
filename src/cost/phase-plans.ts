import type { PhaseSource } from './phase-source.ts';
import { HIGHEST_UTILISATION, highestUtilisation, waitAt } from './queue.ts';
import type { SearchRules } from './rules.ts';
import { meanContext, type Objective, type Workload } from './workload.ts';

/** A way of running prefill workers of one device. */
export interface PrefillPlan {
  readonly tp: number;
  readonly batch: number;
  /** Of a batch, s. */
  readonly seconds: number;
  /** Share of the time that a worker computes: the highest at which the queue still meets the objectives. */
  readonly utilisation: number;
  /** Mean TTFT at that utilisation, s. */
  readonly ttft_mean_s: number;
  /** TTFT by the statistic of the objective that limits it, s. */
  readonly ttft_s: number;
  /** Device-seconds a request, idle time of the pool included. */
  readonly device_seconds: number;
}

/** A way of running decode workers of one device. */
export interface DecodePlan {
  readonly tp: number;
  readonly batch: number;
  readonly step_s: number;
  readonly device_seconds: number;
}

const holdsWeights = (source: PhaseSource, tp: number, tokens: number): boolean =>
  source.kvCapacityTokens(tp) >= tokens;

/** Prefill plans of a device by TP size and batch, without the ones that no objective on TTFT allows. */
export function prefillPlans(
  source: PhaseSource,
  { input }: Workload,
  objectives: readonly Objective[],
  rules: SearchRules,
): PrefillPlan[] {
  const limits = objectives.filter(({ metric }) => metric === 'ttft');
  // A limit from end to end may call for a shorter queue than the limit on TTFT alone does.
  const shares = objectives.some(({ metric }) => metric === 'e2e') ? [1, 0.9, 0.75, 0.5, 0.25] : [1];
  return source.tp_sizes.flatMap((tp) =>
    rules.prefill_batches.flatMap((batch): PrefillPlan[] => {
      if (!holdsWeights(source, tp, batch * input) || batch > source.seats) return [];
      const seconds = source.prefillSeconds(tp, batch, input);
      return shares.flatMap((share) => {
        const plan = queuedPlan(seconds, seconds + source.request_overhead_s, limits, rules, share);
        if (plan === null) return [];
        return [{ tp, batch, seconds, ...plan, device_seconds: (tp * seconds) / batch / plan.utilisation }];
      });
    }),
  );
}

/**
 * Utilisation of a worker, and the TTFT that comes of it; null where none meets the limits.
 * @param seconds for which a batch holds the worker
 * @param alone TTFT without a queue, s
 */
export function queuedPlan(
  seconds: number,
  alone: number,
  limits: readonly Objective[],
  { queueing, utilisation }: SearchRules,
  share: number,
): Pick<PrefillPlan, 'utilisation' | 'ttft_mean_s' | 'ttft_s'> | null {
  if (queueing.kind === 'none') {
    if (limits.some(({ limit_s }) => alone > limit_s)) return null;
    if (share < 1) return null;
    return { utilisation: utilisation.prefill, ttft_mean_s: alone, ttft_s: alone };
  }
  const { workers } = queueing;
  let highest = limits.length === 0 ? utilisation.prefill : HIGHEST_UTILISATION;
  for (const { statistic, limit_s } of limits) {
    highest = Math.min(highest, highestUtilisation(workers, statistic, (limit_s - alone) / seconds));
  }
  if (highest <= 0) return null;
  highest *= share;
  const waits = limits.map(({ statistic }) => waitAt(workers, statistic, highest));
  const mean = alone + seconds * waitAt(workers, 'mean', highest);
  return {
    utilisation: highest,
    ttft_mean_s: mean,
    ttft_s: limits.length === 0 ? mean : alone + seconds * Math.max(...waits),
  };
}

/** Batches that a decode server can hold: the ladder up to its KV capacity, and the capacity itself. */
export function decodeBatches(
  source: PhaseSource,
  tp: number,
  workload: Workload,
  rules: SearchRules,
): number[] {
  const each = rules.kv_reserve === 'mean_context' ? meanContext(workload) : workload.input + workload.output;
  const most = Math.min(source.seats, Math.floor(source.kvCapacityTokens(tp) / each));
  if (most < 1) return [];
  const ladder = rules.decode_batches.filter((batch) => batch < most);
  const top = rules.decode_batches.at(-1)!;
  // The engine's own seats bound a server that has KV for more.
  return most > top && source.seats !== Number.POSITIVE_INFINITY ? ladder : [...ladder, most];
}

export const decodeSteps = ({ output }: Workload, rules: SearchRules): number =>
  rules.decode_tokens === 'all' ? output : Math.max(1, output - 1);

/** Decode plans of a device by TP size and batch, before any limit. */
export function decodePlans(source: PhaseSource, workload: Workload, rules: SearchRules): DecodePlan[] {
  const context = meanContext(workload);
  const steps = decodeSteps(workload, rules);
  return source.tp_sizes.flatMap((tp) =>
    decodeBatches(source, tp, workload, rules).map((batch): DecodePlan => {
      const step_s = source.decodeSeconds(tp, batch, context);
      return { tp, batch, step_s, device_seconds: (tp * step_s * steps) / batch / rules.utilisation.decode };
    }),
  );
}
