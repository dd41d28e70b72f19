import { devicesBusy, evaluate, type Placement, SAME } from './evaluate.ts';
import { formulate, type Goal } from './formulate.ts';
import type { MilpSolver } from './milp.ts';
import type { PlacementProblem } from './problem.ts';
import { pruned } from './prune.ts';

/** What keeps a plan from being cheaper. */
export type Binding =
  | { readonly kind: 'limit'; readonly usd_without: number }
  | { readonly kind: 'devices'; readonly place: string; readonly usd_without: number };

export type PlacementAnswer =
  | {
      readonly state: 'placed';
      readonly plan: Placement;
      /** Devices that it keeps busy, of places that have a limit. */
      readonly devices: ReturnType<typeof devicesBusy>;
      readonly binding: readonly Binding[];
      /** Cheaper plans that a looser latency limit allows, the smallest limit first. */
      readonly looser: readonly Placement[];
    }
  /** No plan is fast enough; the fastest there is. */
  | { readonly state: 'too_slow'; readonly fastest: Placement }
  /** Every plan keeps more devices busy than there are; the cheapest with as many as it takes. */
  | { readonly state: 'too_few_devices'; readonly needs: ReturnType<typeof devicesBusy> }
  /** No choice of places connects all stages. */
  | { readonly state: 'unconnected' };

/** How many plans beyond the limit are told. */
const MOST_LOOSER = 4;

/**
 * The cheapest placement within the latency limit, exactly (performance is that of the solver: milliseconds for graphs of ten
 * stages).
 * @param solve an exact solver of mixed-integer linear programmes
 */
export function place(asked: PlacementProblem, solve: MilpSolver): PlacementAnswer {
  const problem = pruned(asked);
  const plan = bestOf(problem, { kind: 'least_cost' }, solve);
  if (plan === null) return whyNot(problem, solve);
  const tidy = problem.limit?.usd_per_s ? plan : fasterAtCost(problem, plan, solve);
  return {
    state: 'placed',
    plan: tidy,
    devices: devicesBusy(problem, tidy),
    binding: bindingsOf(problem, tidy, solve),
    looser: problem.limit === null ? [] : looserPlans(problem, tidy, solve),
  };
}

function bestOf(problem: PlacementProblem, goal: Goal, solve: MilpSolver): Placement | null {
  const { milp, choiceOf } = formulate(problem, goal);
  const values = solve(milp);
  return values && evaluate(problem, choiceOf(values));
}

/** The fastest of the plans that cost the same. */
function fasterAtCost(problem: PlacementProblem, plan: Placement, solve: MilpSolver): Placement {
  const most_usd = plan.usd * (1 + SAME);
  const found = bestOf(problem, { kind: 'least_latency', most_usd }, solve);
  return found !== null && found.latency_s < plan.latency_s ? found : plan;
}

function whyNot(problem: PlacementProblem, solve: MilpSolver): PlacementAnswer {
  const fastest = bestOf(problem, { kind: 'least_latency', most_usd: null }, solve);
  if (fastest !== null) return { state: 'too_slow', fastest };
  const anyhow = { ...problem, capacities: [] };
  const needs = bestOf({ ...anyhow, limit: null }, { kind: 'least_cost' }, solve);
  if (needs === null) return { state: 'unconnected' };
  return { state: 'too_few_devices', needs: devicesBusy(problem, needs) };
}

/** Total that is minimised: cost, and the penalty of a soft limit. */
const total = ({ usd, penalty_usd }: Placement): number => usd + penalty_usd;

function bindingsOf(problem: PlacementProblem, plan: Placement, solve: MilpSolver): Binding[] {
  const cheaper = (relaxed: PlacementProblem): number | null => {
    const usd = total(bestOf(relaxed, { kind: 'least_cost' }, solve)!);
    return usd < total(plan) * (1 - SAME) ? usd : null;
  };
  const limit = problem.limit === null ? null : cheaper({ ...problem, limit: null });
  const devices = problem.capacities.flatMap(({ place }): Binding[] => {
    const usd_without = cheaper({
      ...problem,
      capacities: problem.capacities.filter((one) => one.place !== place),
    });
    return usd_without === null ? [] : [{ kind: 'devices', place, usd_without }];
  });
  return [...(limit === null ? [] : [{ kind: 'limit' as const, usd_without: limit }]), ...devices];
}

/** Each is the fastest of all that are cheaper than the one before, at the least cost for its time. */
function looserPlans(problem: PlacementProblem, plan: Placement, solve: MilpSolver): Placement[] {
  const found: Placement[] = [];
  let last = plan;
  while (found.length < MOST_LOOSER) {
    const next = bestOf(problem, { kind: 'least_latency', most_usd: last.usd * (1 - 1e-6) }, solve);
    if (next === null) break;
    const limit = { seconds: next.latency_s * (1 + SAME), usd_per_s: null };
    last = bestOf({ ...problem, limit }, { kind: 'least_cost' }, solve) ?? next;
    found.push(last);
  }
  return found;
}
