import { type Milp, MilpBuilder, type Row } from './milp.ts';
import { type Edge, moveOf, type PlacementProblem, placesOf } from './problem.ts';

type Terms = Row['terms'];
type Term = Terms[number];

/** What is minimised, and what bounds it besides the graph. */
export type Goal =
  /** Cost, with the limit of the problem (a hard one, or a penalty). */
  | { readonly kind: 'least_cost' }
  /** Latency, at a cost of at most so much; null: whatever it costs. */
  | { readonly kind: 'least_latency'; readonly most_usd: number | null };

export interface Formulation {
  readonly milp: Milp;
  /** Options chosen, out of a solution. */
  choiceOf(values: readonly number[]): number[];
}

/**
 * Placement as a mixed-integer linear programme: one option a stage (Σ x = 1); start times along every edge, so that the last
 * end is the longest path; moves between places as flows that agree with the choices at both ends; busy devices of a place
 * within what there is. Times and costs are scaled to about 1, where the solver's tolerances mean something.
 */
export function formulate(problem: PlacementProblem, goal: Goal): Formulation {
  const { stages, edges, capacities, requests_per_s } = problem;
  const scale = scalesOf(problem);
  const counts = goal.kind === 'least_cost';
  const build = new MilpBuilder();
  const cost: Term[] = [];
  const costing = (usd: number, variable: (cost: number) => number): number => {
    const scaled = usd / scale.usd;
    const index = variable(counts ? scaled : 0);
    if (scaled !== 0) cost.push([index, scaled]);
    return index;
  };

  const x = stages.map(({ options }) => options.map(({ usd }) => costing(usd, (c) => build.binary(c))));
  const starts = stages.map(() => build.variable(0));
  const end = build.variable(counts ? 0 : 1);
  for (const own of x)
    build.equal(
      own.map((one): Term => [one, 1]),
      1,
    );
  const takes = (stage: number): Term[] =>
    stages[stage]!.options.map(({ seconds }, option): Term => [x[stage]![option]!, seconds / scale.seconds]);
  for (const [stage, start] of starts.entries()) build.atMost([[start, 1], ...takes(stage), [end, -1]], 0);

  for (const edge of edges) {
    const moves = addMoves(problem, edge, x, scale.seconds, build, costing);
    const [from, to] = [starts[edge.from]!, starts[edge.to]!];
    build.atMost([[from, 1], ...takes(edge.from), ...moves, [to, -1]], 0);
  }
  for (const { place, devices } of capacities) {
    const terms = stages.flatMap(({ options }, stage) =>
      options.flatMap((option, index): Term[] =>
        option.place === place
          ? [[x[stage]![index]!, (requests_per_s * option.device_seconds) / devices]]
          : [],
      ),
    );
    build.atMost(terms, 1);
  }
  if (goal.kind === 'least_cost') addLimit(problem, end, scale, build);
  else if (goal.most_usd !== null) build.atMost(cost, goal.most_usd / scale.usd);
  return {
    milp: build.build(),
    choiceOf: (values) => x.map((own) => largest(own.map((one) => values[one]!))),
  };
}

const largest = (values: readonly number[]): number => values.indexOf(Math.max(...values));

/** A variable for each way that an edge's data can go; those at one end add up to the choice there. Returns their times. */
function addMoves(
  { stages }: PlacementProblem,
  edge: Edge,
  x: readonly (readonly number[])[],
  second: number,
  build: MilpBuilder,
  costing: (usd: number, variable: (cost: number) => number) => number,
): Term[] {
  const [source, target] = [stages[edge.from]!, stages[edge.to]!];
  const ways = placesOf(source).flatMap((from) =>
    placesOf(target).flatMap((to) => {
      const move = moveOf(edge, from, to);
      if (move === null) return [];
      const variable = costing(move.usd, (c) => build.variable(c, { upper: 1 }));
      return [{ from, to, move, variable }];
    }),
  );
  for (const [end, stage] of [
    ['from', edge.from],
    ['to', edge.to],
  ] as const) {
    for (const place of placesOf(stages[stage]!)) {
      const flows = ways.filter((way) => way[end] === place).map(({ variable }): Term => [variable, 1]);
      const chosen = stages[stage]!.options.flatMap((option, index): Term[] =>
        option.place === place ? [[x[stage]![index]!, -1]] : [],
      );
      build.equal([...flows, ...chosen], 0);
    }
  }
  return ways.map(({ variable, move }): Term => [variable, move.seconds / second]);
}

interface Scales {
  readonly seconds: number;
  readonly usd: number;
}

function addLimit({ limit }: PlacementProblem, end: number, scale: Scales, build: MilpBuilder): void {
  if (limit === null) return;
  const most = limit.seconds / scale.seconds;
  if (limit.usd_per_s === null) {
    build.atMost([[end, 1]], most);
    return;
  }
  const beyond = build.variable((limit.usd_per_s * scale.seconds) / scale.usd);
  build.atMost(
    [
      [end, 1],
      [beyond, -1],
    ],
    most,
  );
}

/** The largest time and cost of an option: what is about 1 in the programme. */
function scalesOf({ stages }: PlacementProblem): Scales {
  const options = stages.flatMap((stage) => stage.options);
  return {
    seconds: Math.max(...options.map(({ seconds }) => seconds)) || 1,
    usd: Math.max(...options.map(({ usd }) => usd)) || 1,
  };
}
