import { aggregatedServer, latencyOf } from './aggregated-server.ts';
import { latencyInterval } from './latency-interval.ts';
import { latencyOfPair, transferOf } from './pair-plan.ts';
import { queueOf } from './phase-plans.ts';
import type { PhaseSource, UncertainSource } from './phase-source.ts';
import type { SearchedOption, SearchQuestion } from './search.ts';
import { serviceOf, ttftAtRate } from './service.ts';
import { meanContext, type Objective } from './workload.ts';

/** A limit beside what a plan has of it, ms. */
export interface PlanLatency {
  readonly key: string;
  readonly limit_ms: number;
  readonly value_ms: number;
  /** The plan and its requests/s kept; see `latencyInterval`. */
  readonly interval_90_ms: readonly [number, number | null] | null;
  /** Whether the whole interval meets the limit; null without one. */
  readonly sure: boolean | null;
}

/**
 * What a plan has of every objective, with how sure that is.
 * @param option one with a plan
 * @param devices in the order that the option counts them
 */
export function planLatencies(
  option: SearchedOption,
  devices: readonly UncertainSource[],
  question: SearchQuestion,
  draws: number,
): PlanLatency[] {
  const [prefill, decode] =
    option.kind === 'pair'
      ? [devices[option.prefill]!, devices[option.decode]!]
      : [devices[option.device]!, devices[option.device]!];
  const batch = option.kind === 'pair' ? option.plan!.decode.batch : option.plan!.batch;
  return question.objectives.map((objective) => {
    const at = ([p, d]: readonly PhaseSource[]): number =>
      1e3 * latencyAt(option, p!, d!, objective, question);
    const sides = { ttft: [prefill], tpot: [decode], tbt: [decode], e2e: [prefill, decode] }[
      objective.metric
    ];
    const drawn = { objective, sides, devices: [prefill, decode], batch, at };
    const interval_90_ms = latencyInterval(drawn, draws);
    const limit_ms = 1e3 * objective.limit_s;
    const high = interval_90_ms?.[1] ?? Number.POSITIVE_INFINITY;
    return {
      key: objective.key,
      limit_ms,
      value_ms: at([prefill.central, decode.central]),
      interval_90_ms,
      sure: interval_90_ms && high <= limit_ms,
    };
  });
}

/** A latency of an option's plan at other times of its devices: TP sizes, batches and requests/s stay. */
function latencyAt(
  option: SearchedOption,
  prefill: PhaseSource,
  decode: PhaseSource,
  objective: Objective,
  { workload, rules }: SearchQuestion,
): number {
  if (option.kind === 'aggregated') {
    const { tp, batch, requests_per_s } = option.plan!;
    return latencyOf(aggregatedServer(decode, tp, batch, workload, rules), objective, requests_per_s);
  }
  const { prefill: p, decode: d } = option.plan!;
  const service = serviceOf(workload, (tokens) => prefill.prefillSeconds(p.tp, p.batch, tokens), p.batch);
  const transfer = transferOf({ tp: p.tp, seconds: service.mean_s }, d.tp, prefill, decode, workload, rules);
  const held = Math.max(service.mean_s, transfer.egress_s * p.batch);
  const queue = queueOf(service, held, prefill, workload, rules);
  const rate = rules.queueing.kind === 'poisson' ? p.tp / (p.batch * p.device_seconds) : 0;
  const facts = {
    ttftAt: (statistic: Objective['statistic']): number => ttftAtRate(queue, statistic, rate),
    decode: { tp: d.tp, step_s: decode.decodeSeconds(d.tp, d.batch, meanContext(workload)) },
    transfer_s: transfer.exposed_s,
  };
  return latencyOfPair(objective, facts, decode, workload, rules);
}
