import { aggregatedPlans } from './aggregated-plans.ts';
import { gapAt, gapsOfPool } from './gaps.ts';
import { decodePlans, decodeSteps, decodeTokens, prefillPlans } from './phase-plans.ts';
import type { PhaseSource } from './phase-source.ts';
import type { SearchQuestion } from './search.ts';
import { unluckySteps } from './unlucky.ts';
import type { Objective } from './workload.ts';

/** The nearest that any device comes to an objective, one request alone or the smallest batch; s. */
export interface Closest {
  readonly objective: Objective;
  readonly device: string;
  readonly tp: number;
  readonly seconds: number;
}

/** For each objective what comes closest to it by itself, whether that meets it or not; none of metrics that no device serves. */
export const closestTo = (sources: readonly PhaseSource[], question: SearchQuestion): Closest[] =>
  question.objectives.flatMap((objective): Closest[] => {
    const [first, ...rest] = sources.flatMap((source) => bestOf(source, objective, question));
    return first ? [rest.reduce((least, one) => (one.seconds < least.seconds ? one : least), first)] : [];
  });

/** What comes closest to each objective, in words: where all can be met alone, they cannot together. */
export function closestText(found: readonly Closest[]): string {
  if (found.length === 0) return 'No device holds the model and one such request.';
  const each = found.map(({ objective, device, tp, seconds }) => {
    const met = seconds <= objective.limit_s ? ' (met)' : '';
    return `${objective.key} ${Number((1e3 * seconds).toPrecision(3))} ms${met} on ${device} at TP ${tp}`;
  });
  const closest = `Closest, one request alone and no queue: ${each.join('; ')}.`;
  return found.every(({ objective, seconds }) => seconds <= objective.limit_s)
    ? `${closest} Each is met alone, not all together: raise the limits, or let more --workers share a queue.`
    : closest;
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
      return decodePlans(source, workload, rules).map(({ tp, tpot_s, step_s }) => {
        const tokens = decodeTokens(workload, rules);
        const unlucky = unluckySteps(tokens, workload, objective.statistic);
        return as(tp, tpot_s + (step_s * unlucky) / tokens);
      });
    // Tokens that a step accepts come together.
    case 'tbt':
      return decodePlans(source, workload, rules).map(({ tp, step_s }) => {
        const gaps = gapsOfPool(step_s, 0, decodeSteps(workload, rules));
        return as(tp, gapAt(source, tp, gaps, objective.statistic));
      });
    case 'e2e':
      return aggregatedPlans(source, workload, [], rules).map(({ tp, ttft_s, tpot_s }) =>
        as(tp, ttft_s + tpot_s * Math.max(1, workload.output - 1)),
      );
  }
}
