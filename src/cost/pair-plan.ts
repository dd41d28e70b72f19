import { gapAt, gapsOfPool } from './gaps.ts';
import type { DecodePlan, PrefillPlan } from './phase-plans.ts';
import { decodeSteps, decodeStepsAt, decodeTokens, queuedPlan, queueOf } from './phase-plans.ts';
import type { PhaseSource } from './phase-source.ts';
import type { Statistic } from './queue.ts';
import type { SearchRules } from './rules.ts';
import { sumAt } from './service.ts';
import { type PairTransfer, pairTransfer } from './transfer-rules.ts';
import { unluckySteps } from './unlucky.ts';
import { cachedOf, type Objective, type Workload } from './workload.ts';

/** A device with its plans, ready to be paired. */
export interface PlannedDevice {
  readonly source: PhaseSource;
  readonly usd_per_h: number;
  /** The cheapest of each TP size (all of them where end-to-end latency is limited). */
  readonly prefill: readonly PrefillPlan[];
  /** By TP size, the cheapest first. */
  readonly decode: readonly (readonly DecodePlan[])[];
}

/** The cheapest way for a pair to meet the objectives. */
export interface PairPlan {
  readonly prefill: PrefillPlan;
  readonly decode: DecodePlan;
  /** Exposed on the second token, s. */
  readonly transfer_s: number;
  /** (g_P·c_P + g_D·c_D)/3600. */
  readonly usd_per_request: number;
}

/**
 * The cheapest plan of prefill on one device and decode on another; null where none meets the objectives. A full decode batch
 * bounds TPOT at every percentile, of a request whose proposals are accepted as seldom; the transfer is charged to the second
 * token.
 */
export function cheapestPair(
  prefill: PlannedDevice,
  decode: PlannedDevice,
  workload: Workload,
  objectives: readonly Objective[],
  rules: SearchRules,
): PairPlan | null {
  const late = objectives.filter(({ metric }) => metric !== 'ttft');
  let best: PairPlan | null = null;
  for (const candidate of prefill.prefill) {
    const least = (candidate.device_seconds * prefill.usd_per_h) / 3600;
    if (best !== null && least >= best.usd_per_request) continue;
    for (const plans of decode.decode) {
      const first = plans[0];
      if (first === undefined) continue;
      const transfer = transferOf(candidate, first.tp, prefill.source, decode.source, workload, rules);
      const p = heldBack(candidate, transfer.egress_s, prefill.source, workload, objectives, rules);
      if (p === null) continue;
      const found = plans.find((d) => {
        const facts = { ttftAt: p.ttftAt, decode: d, transfer_s: transfer.exposed_s };
        return late.every((one) => latencyOfPair(one, facts, decode.source, workload, rules) <= one.limit_s);
      });
      if (found === undefined) continue;
      const usd = (p.device_seconds * prefill.usd_per_h + found.device_seconds * decode.usd_per_h) / 3600;
      if (best === null || usd < best.usd_per_request) {
        best = { prefill: p, decode: found, transfer_s: transfer.exposed_s, usd_per_request: usd };
      }
    }
  }
  return best;
}

const NO_TRANSFER: PairTransfer = { exposed_s: 0, egress_s: 0 };

/** How a prompt's KV cache goes from a prefill worker to a decode worker. */
export function transferOf(
  p: Pick<PrefillPlan, 'tp' | 'seconds'>,
  decodeTp: number,
  from: PhaseSource,
  to: PhaseSource,
  workload: Workload,
  { transfer }: SearchRules,
): PairTransfer {
  if (transfer === null) return NO_TRANSFER;
  // Both sides hold what all prompts share.
  const tokens = workload.input - cachedOf(workload, workload.input);
  const prompt = { tokens, seconds: p.seconds };
  return pairTransfer(transfer, { source: from, tp: p.tp }, { source: to, tp: decodeTp }, prompt);
}

/**
 * The plan of a worker whose caches leave more slowly than it computes: the link sets its rate, and its queue. Null where the
 * objectives on TTFT do not bear that.
 */
function heldBack(
  p: PrefillPlan,
  egress: number,
  source: PhaseSource,
  workload: Workload,
  objectives: readonly Objective[],
  rules: SearchRules,
): PrefillPlan | null {
  const held = egress * p.batch;
  if (held <= p.seconds) return p;
  const limits = objectives.filter(({ metric }) => metric === 'ttft');
  const queue = queueOf(p.service, held, source, workload, rules);
  const queued = queuedPlan(queue, limits, rules, 1);
  return queued && { ...p, ...queued, device_seconds: (p.tp * held) / p.batch / queued.utilisation };
}

/** What an objective is on, of a pair. */
export interface PairFacts {
  /** TTFT of the prefill side, s. */
  ttftAt(statistic: Statistic): number;
  readonly decode: Pick<DecodePlan, 'tp' | 'step_s'>;
  readonly transfer_s: number;
}

/** What an objective limits, s. @param source of the decode side */
export function latencyOfPair(
  { metric, statistic }: Pick<Objective, 'metric' | 'statistic'>,
  { ttftAt, decode: { tp, step_s }, transfer_s: moved_s }: PairFacts,
  source: PhaseSource,
  workload: Workload,
  rules: SearchRules,
): number {
  const [steps, tokens] = [decodeSteps(workload, rules), decodeTokens(workload, rules)];
  // The step that is planned already goes by without a request.
  const transfer_s = moved_s + (source.plans_ahead ? step_s : 0);
  switch (metric) {
    case 'ttft':
      return ttftAt(statistic);
    case 'tpot':
      return ((steps + unluckySteps(tokens, workload, statistic)) * step_s + transfer_s) / tokens;
    case 'tbt':
      return gapAt(source, tp, gapsOfPool(step_s, transfer_s, steps), statistic);
    case 'e2e': {
      const decode = { mean: steps * step_s, at: decodeStepsAt(workload, rules, statistic) * step_s };
      return sumAt({ mean: ttftAt('mean'), at: ttftAt(statistic) }, decode) + transfer_s;
    }
  }
}
