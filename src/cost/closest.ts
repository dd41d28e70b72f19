import { aggregatedPlans } from './aggregated-plans.ts';
import { decodePlans, prefillPlans } from './phase-plans.ts';
import type { PhaseSource } from './phase-source.ts';
import type { SearchQuestion } from './search.ts';
import type { Objective } from './workload.ts';

/** The nearest that any device comes to an objective, one request alone or the smallest batch; s. */
export interface Closest {
  readonly objective: Objective;
  readonly device: string;
  readonly tp: number;
  readonly seconds: number;
}

/** For each objective that no device meets even at its best, what comes closest; empty where each alone can be met. */
export function closestMisses(sources: readonly PhaseSource[], question: SearchQuestion): Closest[] {
  return question.objectives.flatMap((objective): Closest[] => {
    const best = sources
      .flatMap((source) => bestOf(source, objective, question))
      .reduce<Closest | null>(
        (least, one) => (least === null || one.seconds < least.seconds ? one : least),
        null,
      );
    return best === null || best.seconds <= objective.limit_s ? [] : [best];
  });
}

function bestOf(source: PhaseSource, objective: Objective, question: SearchQuestion): Closest[] {
  const { workload } = question;
  // One request at a time, and no queue: nothing is faster.
  const rules = {
    ...question.rules,
    queueing: { kind: 'none' } as const,
    prefill_batches: [1],
    decode_batches: [1],
  };
  const as = (tp: number, seconds: number): Closest => ({ objective, device: source.label, tp, seconds });
  switch (objective.metric) {
    case 'ttft':
      return prefillPlans(source, workload, [], rules).map(({ tp, ttft_s }) => as(tp, ttft_s));
    case 'tpot':
    case 'tbt':
      return decodePlans(source, workload, rules).map(({ tp, step_s }) => as(tp, step_s));
    case 'e2e':
      return aggregatedPlans(source, workload, [], rules).map(({ tp, ttft_s, tpot_s }) =>
        as(tp, ttft_s + tpot_s * Math.max(1, workload.output - 1)),
      );
  }
}
