import { decodeStepsOf } from '../roofline/speculation.ts';
import type { PhaseSource } from './phase-source.ts';
import { HIGHEST_UTILISATION, type Statistic } from './queue.ts';
import type { SearchRules } from './rules.ts';
import { highestWithin, type QueuedService, type Service, serviceOf, sumAt, ttftAt } from './service.ts';
import { unluckySteps } from './unlucky.ts';
import {
  cachedOf,
  lengthAt,
  longestPrompt,
  longestRequest,
  meanContext,
  type Objective,
  proposedSlots,
  sharedTokens,
  type Workload,
  wholeRequest,
} from './workload.ts';

/** A way of running prefill workers of one device. */
export interface PrefillPlan {
  readonly tp: number;
  readonly batch: number;
  /** Of a batch on average, s. */
  readonly seconds: number;
  readonly service: Service;
  /** Share of the time that a worker computes: the highest at which the queue still meets the objectives. */
  readonly utilisation: number;
  /** Mean TTFT at that utilisation, s. */
  readonly ttft_mean_s: number;
  /** TTFT by the statistic of the objective that limits it, s. */
  readonly ttft_s: number;
  /** TTFT by any statistic at that utilisation, s. */
  ttftAt(statistic: Statistic): number;
  /** Device-seconds a request, idle time of the pool included. */
  readonly device_seconds: number;
}

/** A way of running decode workers of one device. */
export interface DecodePlan {
  readonly tp: number;
  readonly batch: number;
  readonly step_s: number;
  /** Mean time between tokens; of a server that proposes tokens less than a step. */
  readonly tpot_s: number;
  readonly device_seconds: number;
}

const holdsWeights = (source: PhaseSource, tp: number, tokens: number): boolean =>
  source.kvCapacityTokens(tp) >= tokens;

/** Prefill plans of a device by TP size and batch, without the ones that no objective on TTFT allows. */
export function prefillPlans(
  source: PhaseSource,
  workload: Workload,
  objectives: readonly Objective[],
  rules: SearchRules,
): PrefillPlan[] {
  const { input } = workload;
  const limits = objectives.filter(({ metric }) => metric === 'ttft');
  // A limit from end to end may call for a shorter queue than the limit on TTFT alone does.
  const shares = objectives.some(({ metric }) => metric === 'e2e') ? [1, 0.9, 0.75, 0.5, 0.25] : [1];
  const cached = cachedOf(workload, input);
  const holds = (tp: number, batch: number): boolean =>
    holdsWeights(source, tp, Math.max(cached + batch * (input - cached), longestPrompt(workload)));
  return source.tp_sizes.flatMap((tp) =>
    rules.prefill_batches.flatMap((batch): PrefillPlan[] => {
      if (!holds(tp, batch) || batch > source.seats) return [];
      const service = serviceOf(workload, (tokens) => source.prefillSeconds(tp, batch, tokens), batch);
      const seconds = service.mean_s;
      return shares.flatMap((share) => {
        const queue = queueOf(service, seconds, source, workload, rules);
        const plan = queuedPlan(queue, limits, rules, share);
        if (plan === null) return [];
        const device_seconds = (tp * seconds) / batch / plan.utilisation;
        return [{ tp, batch, seconds, service, ...plan, device_seconds }];
      });
    }),
  );
}

/** The queue before prefill workers. @param held_s for which a batch holds its worker */
export const queueOf = (
  own: Service,
  held_s: number,
  { request_overhead_s }: PhaseSource,
  { mix }: Workload,
  { queueing }: SearchRules,
): QueuedService => ({
  own,
  held_s,
  overhead_s: request_overhead_s,
  workers: queueing.kind === 'poisson' ? queueing.workers : 1,
  arrivals_cv2: mix?.arrivals_cv2 ?? 1,
});

type Queued = Pick<PrefillPlan, 'utilisation' | 'ttft_mean_s' | 'ttft_s' | 'ttftAt'>;

/** Utilisation of a worker, and the TTFT that comes of it; null where none meets the limits. */
export function queuedPlan(
  queue: QueuedService,
  limits: readonly Objective[],
  { queueing, utilisation }: SearchRules,
  share: number,
): Queued | null {
  if (queueing.kind === 'none') {
    const alone = (statistic: Statistic): number => queue.own.at(statistic) + queue.overhead_s;
    if (limits.some(({ statistic, limit_s }) => alone(statistic) > limit_s)) return null;
    if (share < 1) return null;
    return told(limits, utilisation.prefill, alone);
  }
  let highest = limits.length === 0 ? utilisation.prefill : HIGHEST_UTILISATION;
  for (const { statistic, limit_s } of limits) {
    highest = Math.min(highest, highestWithin(queue, statistic, limit_s));
  }
  if (highest <= 0) return null;
  highest *= share;
  return told(limits, highest, (statistic) => ttftAt(queue, statistic, highest));
}

const told = (
  limits: readonly Objective[],
  utilisation: number,
  at: (statistic: Statistic) => number,
): Queued => ({
  utilisation,
  ttft_mean_s: at('mean'),
  ttft_s: limits.length === 0 ? at('mean') : Math.max(...limits.map(({ statistic }) => at(statistic))),
  ttftAt: at,
});

/** Batches that a decode server can hold: the ladder up to its KV capacity, and the capacity itself. */
export function decodeBatches(
  source: PhaseSource,
  tp: number,
  workload: Workload,
  rules: SearchRules,
): number[] {
  const whole = rules.kv_reserve === 'mean_context' ? meanContext(workload) : wholeRequest(workload);
  // What all prompts share counts once.
  const shared = sharedTokens(workload);
  const each = whole - shared + proposedSlots(workload);
  const capacity = source.kvCapacityTokens(tp);
  const most = Math.min(source.seats, Math.floor((capacity - shared) / each));
  if (most < 1 || (workload.mix !== undefined && capacity < longestRequest(workload))) return [];
  const ladder = rules.decode_batches.filter((batch) => batch < most);
  const top = rules.decode_batches.at(-1)!;
  // The engine's own seats bound a server that has KV for more.
  return most > top && source.seats !== Number.POSITIVE_INFINITY ? ladder : [...ladder, most];
}

/** Tokens of a request that decode computes. */
export const decodeTokens = ({ output }: Workload, rules: SearchRules): number =>
  rules.decode_tokens === 'all' ? output : Math.max(1, output - 1);

/** Steps in which it computes them: fewer where tokens are proposed. */
export function decodeSteps(workload: Workload, rules: SearchRules): number {
  const tokens = decodeTokens(workload, rules);
  return workload.speculation === undefined ? tokens : decodeStepsOf(tokens + 1, workload.speculation);
}

const withOutputAt = (workload: Workload, statistic: Statistic): Workload => ({
  ...workload,
  output: lengthAt(workload, 'output', statistic),
});

/** Decoded tokens of a request by a statistic over the requests. */
export const decodeTokensAt = (workload: Workload, rules: SearchRules, statistic: Statistic): number =>
  decodeTokens(withOutputAt(workload, statistic), rules);

/** Decode steps of a request by a statistic over the requests: answers differ in length, and in what of them is accepted. */
export const decodeStepsAt = (workload: Workload, rules: SearchRules, statistic: Statistic): number =>
  sumAt(
    { mean: decodeSteps(workload, rules), at: decodeSteps(withOutputAt(workload, statistic), rules) },
    { mean: 0, at: unluckySteps(decodeTokens(workload, rules), workload, statistic) },
  );

/** Decode plans of a device by TP size and batch, before any limit. */
export function decodePlans(source: PhaseSource, workload: Workload, rules: SearchRules): DecodePlan[] {
  const context = meanContext(workload);
  const steps = decodeSteps(workload, rules);
  const stepsPerToken = steps / decodeTokens(workload, rules);
  return source.tp_sizes.flatMap((tp) =>
    decodeBatches(source, tp, workload, rules).map((batch): DecodePlan => {
      const step_s = source.decodeSeconds(tp, batch, context);
      const device_seconds = (tp * step_s * steps) / batch / rules.utilisation.decode;
      return { tp, batch, step_s, tpot_s: step_s * stepsPerToken, device_seconds };
    }),
  );
}
