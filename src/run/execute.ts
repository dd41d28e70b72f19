import type { Reason } from '../measure/reasons.ts';
import { remainingCells } from '../plan/plan.ts';
import type { Control } from './control.ts';
import { applyDrift } from './drift.ts';
import type { RunListener } from './event-bus.ts';
import { runLane } from './lane.ts';
import type { RunOptions } from './options.ts';
import type { PlannedTarget, PreparedRun } from './prepare.ts';
import { RemainingTime } from './remaining-time.ts';
import type { CellRecord } from './schema.ts';
import { withReason } from './with-reason.ts';

/** What came of all lanes. `stoppedBy` is the reason of an early end, null when every lane went to its end. */
export interface ExecutedRun {
  readonly records: readonly CellRecord[];
  readonly notMeasured: number;
  readonly stoppedBy: unknown;
}

/** Measures what is left of a prepared run: targets whose agents share a host one after another, hosts side by side. */
export async function executeRun(
  options: RunOptions,
  { store, planned }: PreparedRun,
  control: Control,
  emit: RunListener,
): Promise<ExecutedRun> {
  const remaining = new RemainingTime(options.parallel);
  announce(options, planned, remaining, emit);
  const records: CellRecord[] = planned.flatMap(({ reused }) => reused);
  let notMeasured = 0;

  const runOne = async (one: PlannedTarget): Promise<void> => {
    const finished = new Set(one.reused.map(({ key }) => key));
    const context = {
      ...one,
      suite: options.suite.suite,
      store,
      control,
      emit,
      measured: (cell: { estimated_s: number }, seconds: number): void => {
        remaining.finished(one.target.name, cell.estimated_s, seconds);
        emit({ kind: 'remaining', seconds: remaining.seconds });
      },
      keep: (record: CellRecord): void => void records.push(record),
    };
    notMeasured += await runLane(context, remainingCells(one.cells, finished));
    await judgeWhole(one, finished);
  };

  /** What only the end of a target shows: a changed server, a drift between anchors. */
  const judgeWhole = async (one: PlannedTarget, earlier: ReadonlySet<string>): Promise<void> => {
    const target = one.target.name;
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
  const lanes = groupsOf(planned, options.parallel).map(async (group) => {
    try {
      for (const one of group) await runOne(one);
    } catch (error) {
      stoppedBy ??= error;
      control.fail(error);
    }
  });
  await Promise.all(lanes);
  return { records, notMeasured, stoppedBy };
}

function groupsOf(planned: readonly PlannedTarget[], parallel: boolean): PlannedTarget[][] {
  if (parallel) return planned.map((one) => [one]);
  return [...Map.groupBy(planned, ({ target }) => target.host.name).values()];
}

function announce(
  { id, folder, suite }: RunOptions,
  planned: readonly PlannedTarget[],
  remaining: RemainingTime,
  emit: RunListener,
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
    estimated_s: remaining.seconds,
  });
  for (const { target, reused } of planned) {
    for (const record of reused) emit({ kind: 'cell_finished', target: target.name, record, reused: true });
  }
}
