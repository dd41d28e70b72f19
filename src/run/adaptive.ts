import type { RoundEnd, RoundPlanner } from './adaptive-planner.ts';
import type { TimeBudget } from './budget.ts';
import type { Control } from './control.ts';
import type { RunListener } from './event-bus.ts';
import type { LaneCell } from './lane-context.ts';
import type { PlannedTarget } from './prepare.ts';
import type { CellRecord, Run } from './schema.ts';

export interface RoundsContext {
  readonly planner: RoundPlanner;
  readonly budget: TimeBudget;
  readonly run: Run;
  readonly planned: readonly PlannedTarget[];
  readonly records: readonly CellRecord[];
  readonly control: Control;
  readonly emit: RunListener;
  /**
   * Measures some cells of each target; resolves with the targets of which none could be measured.
   * @param limit `at_any_time`: these are the last ones
   */
  measure(
    cellsOf: (one: PlannedTarget) => readonly LaneCell[],
    mayStart: (one: PlannedTarget, cell: LaneCell) => boolean,
    limit: 'within_budget' | 'at_any_time',
  ): Promise<ReadonlySet<string>>;
}

/**
 * Measures rounds of chosen cells, the first one with the start anchors, until the goals are met, the time is spent or no cell
 * is left; last, end anchors and the cells that are kept from the fit, for which time is put aside.
 * @returns why it ended
 */
export async function runRounds(context: RoundsContext): Promise<RoundEnd> {
  const { planner, budget, run, planned, records, control, emit, measure } = context;
  const tried = new Set(records.map(({ target, key }) => `${target} ${key}`));
  const given = new Set<string>();
  const measureSome = async (
    wanted: (one: PlannedTarget, cell: LaneCell) => boolean,
    limit: 'within_budget' | 'at_any_time',
  ): Promise<void> => {
    const cellsOf = (one: PlannedTarget): LaneCell[] =>
      one.cells.filter(
        (cell) => !given.has(one.target.name) && !tried.has(idOf(one, cell)) && wanted(one, cell),
      );
    const mayStart = (one: PlannedTarget, cell: LaneCell): boolean => {
      if (limit === 'within_budget' && budget.left_s <= 0) return false;
      tried.add(idOf(one, cell));
      return true;
    };
    for (const target of await measure(cellsOf, mayStart, limit)) given.add(target);
  };
  let metBefore = false;
  for (let round = 1; ; round += 1) {
    await control.passGate();
    const open = planned.flatMap((one) => openCells(one, tried, given));
    const within_s = budget.left_s / slowness(planned, records) - secondsPutAside(planned, tried);
    const next = await planner.next({ run, planned, records, open, within_s, first: round === 1 });
    control.signal.throwIfAborted();
    const { widths, fitted, cells } = next;
    // Every fit estimates its noise anew, so that a width can be small by chance: twice in a row is a goal met.
    const isChance = next.ended === 'goal' && !metBefore && next.cells.length > 0;
    metBefore = next.ended === 'goal';
    const ended = isChance ? null : (next.ended ?? (budget.left_s <= 0 ? 'budget' : null));
    emit({
      kind: 'round',
      round,
      cells: ended === null ? cells.length : 0,
      fitted,
      half_width_percent: widths,
      goals_percent: planner.options.goals,
      spent_s: budget.spent_s,
      budget_s: budget.total_s,
      ended,
    });
    if (ended !== null) {
      await measureSome((_, { cell }) => cell.anchor === 'end' || cell.hold_out, 'at_any_time');
      return ended;
    }
    const chosen = new Set(cells.map(({ target, key }) => `${target} ${key}`));
    await measureSome(
      (one, cell) => cell.cell.anchor === 'start' || chosen.has(idOf(one, cell)),
      'within_budget',
    );
  }
}

const idOf = ({ target }: Pick<PlannedTarget, 'target'>, { key }: Pick<LaneCell, 'key'>): string =>
  `${target.name} ${key}`;

/** Cells that a round may choose: neither tried nor part of what every run measures. */
const openCells = (one: PlannedTarget, tried: ReadonlySet<string>, given: ReadonlySet<string>) =>
  given.has(one.target.name)
    ? []
    : one.cells
        .filter((cell) => cell.cell.anchor === null && !cell.cell.hold_out && !tried.has(idOf(one, cell)))
        .map((cell) => ({ ...cell, target: one.target.name }));

/** A few cells say little about the rest: the plan's estimates keep the weight of so many seconds. */
const ESTIMATES_COUNT_S = 20;

/**
 * How many times as long as the plan says the cells took so far, attempts included. Budgets are real seconds, what the planner
 * weighs are estimated ones.
 */
function slowness(planned: readonly PlannedTarget[], records: readonly CellRecord[]): number {
  const estimates = new Map(
    planned.flatMap((one) => one.cells.map((cell) => [idOf(one, cell), cell.estimated_s] as const)),
  );
  let [took_s, estimated_s] = [ESTIMATES_COUNT_S, ESTIMATES_COUNT_S];
  for (const { target, key, elapsed_s, attempts } of records) {
    const estimate = estimates.get(`${target} ${key}`);
    if (estimate === undefined || elapsed_s === null) continue;
    took_s += elapsed_s * attempts;
    estimated_s += estimate;
  }
  return took_s / estimated_s;
}

/** Of the cells that come last, as the plan estimates them. */
const secondsPutAside = (planned: readonly PlannedTarget[], tried: ReadonlySet<string>): number =>
  planned
    .flatMap((one) => one.cells.filter((cell) => !tried.has(idOf(one, cell))))
    .filter(({ cell }) => cell.anchor === 'end' || cell.hold_out)
    .reduce((sum, { estimated_s }) => sum + estimated_s, 0);
