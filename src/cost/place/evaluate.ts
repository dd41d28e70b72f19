import { type Move, moveOf, type PlacementProblem, type StageOption } from './problem.ts';

/** A stage in a plan: what runs it, and when within a request. */
export interface PlacedStage {
  readonly stage: string;
  readonly option: StageOption;
  /** From the request's arrival, s. */
  readonly start_s: number;
  readonly end_s: number;
  /** Whether a longer time of this stage makes the request longer. */
  readonly critical: boolean;
}

export interface PlacedMove extends Move {
  readonly from: string;
  readonly to: string;
}

/** A choice of one option a stage, with all that follows from it. */
export interface Placement {
  readonly stages: readonly PlacedStage[];
  /** Between stages at different places. */
  readonly moves: readonly PlacedMove[];
  readonly latency_s: number;
  /** Stages and moves, without a penalty. */
  readonly usd: number;
  /** For what lies beyond a soft limit. */
  readonly penalty_usd: number;
}

/** Latencies and costs are sums of floating-point numbers: those this close are the same. */
export const SAME = 1e-9;

/**
 * What a choice of options comes to: every stage starts when the last of what it waits for has arrived.
 * @param choice index of an option by stage
 * @returns null where a stage's data cannot reach the next
 */
export function evaluate(problem: PlacementProblem, choice: readonly number[]): Placement | null {
  const { stages, edges } = problem;
  const options = stages.map((stage, index) => stage.options[choice[index]!]!);
  const starts = stages.map(() => 0);
  const moves: (Move | null)[] = [];
  for (const [to] of stages.entries()) {
    for (const edge of edges.filter((one) => one.to === to)) {
      const move = moveOf(edge, options[edge.from]!.place, options[to]!.place);
      if (move === null) return null;
      moves[edges.indexOf(edge)] = move;
      starts[to] = Math.max(starts[to]!, starts[edge.from]! + options[edge.from]!.seconds + move.seconds);
    }
  }
  const ends = starts.map((start, index) => start + options[index]!.seconds);
  const latency_s = Math.max(...ends);
  const latest = latestEnds(problem, options, moves as Move[], latency_s);
  const moved = edges.flatMap((edge, index): PlacedMove[] =>
    options[edge.from]!.place === options[edge.to]!.place
      ? []
      : [{ from: stages[edge.from]!.name, to: stages[edge.to]!.name, ...moves[index]! }],
  );
  return {
    stages: stages.map(({ name }, index) => ({
      stage: name,
      option: options[index]!,
      start_s: starts[index]!,
      end_s: ends[index]!,
      critical: latest[index]! - ends[index]! <= SAME * latency_s,
    })),
    moves: moved,
    latency_s,
    usd: options.reduce((sum, { usd }) => sum + usd, 0) + moved.reduce((sum, { usd }) => sum + usd, 0),
    penalty_usd: penaltyOf(problem, latency_s),
  };
}

/** When each stage must have ended for the request to end no later. */
function latestEnds(
  { stages, edges }: PlacementProblem,
  options: readonly StageOption[],
  moves: readonly Move[],
  end: number,
): number[] {
  const latest = stages.map(() => end);
  for (let from = stages.length - 1; from >= 0; from -= 1) {
    for (const [index, edge] of edges.entries()) {
      if (edge.from !== from) continue;
      const bound = latest[edge.to]! - options[edge.to]!.seconds - moves[index]!.seconds;
      latest[from] = Math.min(latest[from]!, bound);
    }
  }
  return latest;
}

function penaltyOf({ limit }: PlacementProblem, latency: number): number {
  if (limit === null || limit.usd_per_s === null) return 0;
  return limit.usd_per_s * Math.max(0, latency - limit.seconds);
}

/** Devices that a plan keeps busy at each place that has a limit. */
export const devicesBusy = (
  { capacities, requests_per_s }: PlacementProblem,
  { stages }: Placement,
): { readonly place: string; readonly busy: number; readonly devices: number }[] =>
  capacities.map(({ place, devices }) => ({
    place,
    devices,
    busy: stages
      .filter(({ option }) => option.place === place)
      .reduce((sum, { option }) => sum + requests_per_s * option.device_seconds, 0),
  }));

/** Whether a plan keeps to a hard limit and to the devices there are. */
export const keeps = (problem: PlacementProblem, plan: Placement): boolean =>
  (problem.limit === null ||
    problem.limit.usd_per_s !== null ||
    plan.latency_s <= problem.limit.seconds * (1 + SAME)) &&
  devicesBusy(problem, plan).every(({ busy, devices }) => busy <= devices * (1 + SAME));
