import { aggregatedServer, latencyOf } from './aggregated-server.ts';
import { decodeBatches } from './phase-plans.ts';
import type { PhaseSource } from './phase-source.ts';
import type { Statistic } from './queue.ts';
import type { SearchRules } from './rules.ts';
import type { Objective, Workload } from './workload.ts';

/** A way of serving both phases on one server: prompts share steps with decodes, which wait for them. */
export interface AggregatedPlan {
  readonly tp: number;
  /** Requests together on average; below 1 the server waits for requests. */
  readonly batch: number;
  readonly requests_per_s: number;
  readonly ttft_mean_s: number;
  /** By the statistic of the objective that limits it. */
  readonly ttft_s: number;
  readonly tpot_mean_s: number;
  readonly tpot_s: number;
  /** Time between two tokens by the statistic of the objective on it; null where there is none. */
  readonly tbt_s: number | null;
  readonly device_seconds: number;
  /** Of the time of the steps, what prompts add to them; the rest is that of the answers. */
  readonly prompt_share: number;
}

/** Loads of a server that is idle at times: a limit that one more prompt would break can still be met. */
const SPARSE_BATCHES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75];

/**
 * Aggregated serving of one device by TP size and batch, as it meets the objectives. A request's residence meets as many
 * prompts as there are other requests, each of which stretches it by the time that it adds to a step; prompts queue as
 * in M/D/c, for one server or for as many as share a queue.
 */
export function aggregatedPlans(
  source: PhaseSource,
  workload: Workload,
  objectives: readonly Objective[],
  rules: SearchRules,
): AggregatedPlan[] {
  const sparse = rules.queueing.kind === 'poisson' ? SPARSE_BATCHES : [];
  return source.tp_sizes.flatMap((tp) =>
    [...sparse, ...decodeBatches(source, tp, workload, rules)].flatMap((batch): AggregatedPlan[] => {
      const plan = planOf(source, tp, batch, workload, objectives, rules);
      return plan === null ? [] : [plan];
    }),
  );
}

function planOf(
  source: PhaseSource,
  tp: number,
  batch: number,
  workload: Workload,
  objectives: readonly Objective[],
  rules: SearchRules,
): AggregatedPlan | null {
  const server = aggregatedServer(source, tp, batch, workload, rules);
  let rate = server.most_requests_per_s;
  for (const { metric, statistic, limit_s } of objectives) {
    if (metric === 'ttft') rate = Math.min(rate, server.rateWithin(statistic, limit_s));
  }
  if (!(rate > 0)) return null;
  const rest = objectives.filter(({ metric }) => metric !== 'ttft');
  if (rest.some((one) => latencyOf(server, one, rate) > one.limit_s)) return null;
  const asked = (metric: Objective['metric']): Statistic | null =>
    objectives.find((one) => one.metric === metric)?.statistic ?? null;
  const gap = asked('tbt');
  return {
    tp,
    batch,
    requests_per_s: rate,
    ttft_mean_s: server.ttftAt('mean', rate),
    ttft_s: server.ttftAt(asked('ttft') ?? 'mean', rate),
    tpot_mean_s: server.tpotAt('mean'),
    tpot_s: server.tpotAt(asked('tpot') ?? 'mean'),
    tbt_s: gap === null ? null : server.gapAt(gap),
    device_seconds: tp / rate,
    prompt_share: server.prompt_share,
  };
}
