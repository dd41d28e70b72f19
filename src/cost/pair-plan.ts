import type { DecodePlan, PrefillPlan } from './phase-plans.ts';
import { decodeSteps } from './phase-plans.ts';
import type { PhaseSource } from './phase-source.ts';
import { waitAt } from './queue.ts';
import type { SearchRules } from './rules.ts';
import { pairTransferSeconds } from './transfer-rules.ts';
import type { Objective, Workload } from './workload.ts';

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
 * bounds TPOT at every percentile; the transfer is charged to the second token.
 */
export function cheapestPair(
  prefill: PlannedDevice,
  decode: PlannedDevice,
  workload: Workload,
  objectives: readonly Objective[],
  rules: SearchRules,
): PairPlan | null {
  const steps = decodeSteps(workload, rules);
  const late = objectives.filter(({ metric }) => metric !== 'ttft');
  let best: PairPlan | null = null;
  for (const p of prefill.prefill) {
    const prefillUsd = (p.device_seconds * prefill.usd_per_h) / 3600;
    if (best !== null && prefillUsd >= best.usd_per_request) continue;
    for (const plans of decode.decode) {
      const first = plans[0];
      if (first === undefined) continue;
      const transfer =
        rules.transfer === null
          ? 0
          : pairTransferSeconds(
              rules.transfer,
              { source: prefill.source, tp: p.tp },
              { source: decode.source, tp: first.tp },
              { tokens: workload.input, seconds: p.seconds },
            );
      const found = plans.find((d) => late.every((one) => meets(one, p, d, transfer, steps, prefill, rules)));
      if (found === undefined) continue;
      const usd = prefillUsd + (found.device_seconds * decode.usd_per_h) / 3600;
      if (best === null || usd < best.usd_per_request) {
        best = { prefill: p, decode: found, transfer_s: transfer, usd_per_request: usd };
      }
    }
  }
  return best;
}

function meets(
  { metric, statistic, limit_s }: Objective,
  p: PrefillPlan,
  d: DecodePlan,
  transfer: number,
  steps: number,
  { source }: PlannedDevice,
  { queueing }: SearchRules,
): boolean {
  if (metric === 'tpot') return d.step_s + transfer / steps <= limit_s;
  const wait = queueing.kind === 'none' ? 0 : waitAt(queueing.workers, statistic, p.utilisation);
  const ttft = p.seconds * (1 + wait) + source.request_overhead_s;
  return ttft + transfer + steps * d.step_s <= limit_s;
}
