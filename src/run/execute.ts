import type { Reason } from '../measure/reasons.ts';
import { remainingCells } from '../plan/plan.ts';
import { Budget, type RoundsContext, runRounds } from './adaptive.ts';
import type { RoundEnd } from './adaptive-planner.ts';
import type { Control } from './control.ts';
import { applyDrift } from './drift.ts';
import type { RunListener } from './event-bus.ts';
import { type LaneCell, runLane } from './lane.ts';
import type { RunOptions } from './options.ts';
import { describeRun, type PlannedTarget, type PreparedRun } from './prepare.ts';
import { RemainingTime } from './remaining-time.ts';
import type { CellRecord } from './schema.ts';
import { withReason } from './with-reason.ts';

/** What came of all lanes. `stoppedBy` is the reason of an early end, null when every lane went to its end. */
export interface ExecutedRun {
  readonly records: readonly CellRecord[];
  readonly notMeasured: number;
  readonly stoppedBy: unknown;
  /** Why an adaptive run measures no further cell; null: it was stopped, or is none. */
  readonly roundsEnded: RoundEnd | null;
}

/** Measures what is left of a prepared run: targets whose agents share a host one after another, hosts side by side. */
export async function executeRun(
  options: RunOptions,
  { store, planned }: PreparedRun,
  control: Control,
  emit: RunListener,
): Promise<ExecutedRun> {
  const remaining = new RemainingTime(options.parallel);
  const records: CellRecord[] = planned.flatMap(({ reused }) => reused);
  const { rounds } = options;
  const budget = rounds && new Budget(rounds.options.budget_minutes, records);
  const secondsLeft = (): number => Math.min(remaining.seconds, budget?.left_s ?? remaining.seconds);
  announce(options, planned, remaining, emit, secondsLeft);
  let notMeasured = 0;

  /** Measures cells of one target. @returns whether none of them could be */
  const measure = async (
    one: PlannedTarget,
    cells: readonly LaneCell[],
    mayStart: (cell: LaneCell) => boolean = () => true,
  ): Promise<boolean> => {
    const context = {
      mayStart,
      ...one,
      suite: options.suite.suite,
      store,
      control,
      emit,
      measured: (cell: { estimated_s: number }, seconds: number): void => {
        remaining.finished(one.target.name, cell.estimated_s, seconds);
        emit({ kind: 'remaining', seconds: secondsLeft() });
      },
      keep: (record: CellRecord): void => void records.push(record),
    };
    const missed = await runLane(context, cells);
    notMeasured += missed;
    return missed > 0 && missed === cells.length;
  };

  /** What only the end of a target shows: a changed server, a drift between anchors. */
  const judgeWhole = async (one: PlannedTarget): Promise<void> => {
    const target = one.target.name;
    const earlier = finishedBefore(one);
    const own = (): CellRecord[] => records.filter((record) => record.target === target);
    const changed = await one.changed();
    const measuredNow = own().filter(({ key }) => !earlier.has(key));
    const invalid = changed ? measuredNow.map((record) => withReason(record, changed.code, changed)) : [];
    await replace(target, invalid, changed);
    const flagged = applyDrift(own());
    await replace(target, flagged, flagged[0]?.reasons.find(({ code }) => code === 'drift') ?? null);
  };

  const replace = async (
    target: string,
    changed: readonly CellRecord[],
    why: Reason | null,
  ): Promise<void> => {
    if (why && changed.length > 0) {
      const message = `${why.code}: ${why.message}; every cell of this target is ${why.effect}`;
      emit({ kind: 'warning', target, message });
    }
    for (const record of changed) {
      await store.appendCell(record);
      const index = records.findIndex(({ key, target: name }) => key === record.key && name === target);
      records[index] = record;
      emit({ kind: 'cell_finished', target, record, reused: true });
    }
  };

  let stoppedBy: unknown = null;
  const stopping = async (act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      stoppedBy ??= error;
      control.fail(error);
    }
  };
  /** Lanes of a group one after another, groups side by side. */
  const inLanes = async (act: (one: PlannedTarget) => Promise<void>): Promise<void> => {
    const lanes = groupsOf(planned, options.parallel).map((group) =>
      stopping(async () => {
        for (const one of group) await act(one);
      }),
    );
    await Promise.all(lanes);
  };

  let roundsEnded: RoundEnd | null = null;
  if (rounds === undefined || budget === undefined) {
    await inLanes(async (one) => {
      await measure(one, remainingCells(one.cells, finishedBefore(one)));
      await judgeWhole(one);
    });
    return { records, notMeasured, stoppedBy, roundsEnded };
  }
  const measureRound: RoundsContext['measure'] = async (cellsOf, mayStart) => {
    const failed = new Set<string>();
    await inLanes(async (one) => {
      const cells = cellsOf(one);
      if (cells.length === 0) return;
      if (await measure(one, cells, (cell) => mayStart(one, cell))) failed.add(one.target.name);
    });
    control.signal.throwIfAborted();
    return failed;
  };
  await stopping(async () => {
    roundsEnded = await runRounds({
      planner: rounds,
      budget,
      run: describeRun(
        options,
        planned.map(({ target }) => target),
        new Date().toISOString(),
      ),
      planned,
      records,
      control,
      emit,
      measure: measureRound,
    });
    await inLanes(judgeWhole);
  });
  return { records, notMeasured, stoppedBy, roundsEnded };
}

const finishedBefore = (one: PlannedTarget): Set<string> => new Set(one.reused.map(({ key }) => key));

function groupsOf(planned: readonly PlannedTarget[], parallel: boolean): PlannedTarget[][] {
  if (parallel) return planned.map((one) => [one]);
  return [...Map.groupBy(planned, ({ target }) => target.host.name).values()];
}

function announce(
  { id, folder, suite }: RunOptions,
  planned: readonly PlannedTarget[],
  remaining: RemainingTime,
  emit: RunListener,
  secondsLeft: () => number,
): void {
  for (const { target, cells, reused } of planned) {
    const left = remainingCells(cells, new Set(reused.map(({ key }) => key)));
    remaining.add(target.name, target.host.name, left);
  }
  emit({
    kind: 'run_started',
    run_id: id,
    folder,
    suite: suite.suite.name,
    targets: planned.map(({ target }) => ({
      name: target.name,
      accelerator: target.accelerator?.name ?? 'unknown accelerator',
      tensor_parallel: target.tensor_parallel,
      model: target.model.id,
      engine: [target.engine.name, target.engine.version].filter(Boolean).join(' '),
    })),
    cells: planned.flatMap(({ target, cells }) => cells.map(({ cell }) => ({ target: target.name, cell }))),
    estimated_s: secondsLeft(),
  });
  for (const { target, reused } of planned) {
    for (const record of reused) emit({ kind: 'cell_finished', target: target.name, record, reused: true });
  }
}
