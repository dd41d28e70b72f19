import { RidgeError } from '../../errors.ts';
import { decodeStepsOf } from '../../roofline/speculation.ts';
import { gapAt, gapsOfPool } from '../gaps.ts';
import { latencyInterval } from '../latency-interval.ts';
import { objectivesOf } from '../objectives.ts';
import type { PhaseSource, UncertainSource } from '../phase-source.ts';
import { unluckySteps } from '../unlucky.ts';
import { meanContext, type Objective } from '../workload.ts';
import type { Placement } from './evaluate.ts';
import type { Graph, GraphOption, GraphStage } from './graph-schema.ts';
import type { PlacementProblem, StageOption, StageServer, TokenLatency } from './problem.ts';
import { workloadOf } from './stage-workload.ts';

/**
 * A latency between the tokens of a batch that decodes alone, s: TPOT is what steps take of a token, gaps vary as the engine's
 * steps do.
 */
function tokenSeconds(
  { metric, statistic }: Pick<Objective, 'metric' | 'statistic'>,
  stage: GraphStage,
  source: PhaseSource,
  { tp, batch }: StageServer,
): number {
  const workload = workloadOf(stage);
  const step = source.decodeSeconds(tp, batch, meanContext(workload));
  const tokens = Math.max(1, workload.output - 1);
  const steps = decodeStepsOf(tokens + 1, workload.speculation);
  if (metric === 'tpot') return ((steps + unluckySteps(tokens, workload, statistic)) / tokens) * step;
  return gapAt(source, tp, gapsOfPool(step, 0, steps), statistic);
}

/** What a server has of the stage's limits between tokens. */
export const tokenLatencies = (stage: GraphStage, source: PhaseSource, server: StageServer): TokenLatency[] =>
  objectivesOf(stage.objectives ?? {}).map((objective) => ({
    key: objective.key,
    limit_s: objective.limit_s,
    seconds: tokenSeconds(objective, stage, source, server),
  }));

const isLate = ({ latencies = [] }: StageOption): boolean =>
  latencies.some(({ seconds, limit_s }) => seconds > limit_s);

/**
 * The problem without options that miss a limit between tokens.
 * @throws RidgeError (exit 1) where a stage is left without any, with what comes closest
 */
export function withinTokenLimits(problem: PlacementProblem, where: string): PlacementProblem {
  const stages = problem.stages.map(({ name, options }) => {
    const kept = options.filter((option) => !isLate(option));
    if (kept.length === 0) throw allLate(name, options, where);
    return { name, options: kept };
  });
  return { ...problem, stages };
}

function allLate(stage: string, options: readonly StageOption[], where: string): RidgeError {
  const worst = ({ latencies = [] }: StageOption): number =>
    Math.max(...latencies.map(({ seconds, limit_s }) => seconds / limit_s));
  const best = options.reduce((least, one) => (worst(one) < worst(least) ? one : least));
  const limits = best.latencies!.map(({ key, limit_s }) => `${key}=${1e3 * limit_s}`);
  const found = best.latencies!.map(({ key, seconds }) => `${key} ${(1e3 * seconds).toPrecision(3)}`);
  return new RidgeError(`no option of '${stage}' meets ${limits.join(', ')}`, {
    where,
    exitCode: 1,
    mend: `Closest: ${found.join(', ')} on ${best.place} (${best.label}).`,
  });
}

/** A limit between tokens as a plan has it, with its 90 % interval, s. */
export interface PlannedTokens extends TokenLatency {
  readonly stage: string;
  readonly interval_s_90: readonly [number, number | null] | null;
}

/** Limits between tokens in a plan. @param knownOf what is known of an option's device; null where its time is given */
export function plannedTokens(
  { stages }: Placement,
  graph: Graph,
  knownOf: (option: GraphOption) => UncertainSource | null,
  draws: number,
): PlannedTokens[] {
  return stages.flatMap(({ stage: name, option }) => {
    const stage = graph.stages[name]!;
    const device = knownOf(stage.options[option.index!]!);
    const { server } = option;
    if (device === null || server === undefined) return [];
    const latencies = option.latencies ?? [];
    return objectivesOf(stage.objectives ?? {}).map((objective, index) => {
      const at = ([source]: readonly PhaseSource[]): number =>
        tokenSeconds(objective, stage, source!, server);
      const devices = [device];
      const drawn = { objective, sides: devices, devices, batch: server.batch, at };
      return { stage: name, ...latencies[index]!, interval_s_90: latencyInterval(drawn, draws) };
    });
  });
}
