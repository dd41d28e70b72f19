import { remainingCells, type TargetPlan } from '../plan/plan.ts';
import type { Suite } from '../suite/schema.ts';
import { cellKey } from './cell-key.ts';
import { endpointFailed } from './lane.ts';
import type { LaneCell } from './lane-context.ts';
import type { CellRecord, RunTarget } from './schema.ts';
import type { ServedTarget } from './started-server.ts';

/** A target whose server the run starts when its turn comes, with the cells that it is expected to measure. */
export interface WaitingTarget {
  readonly named: ServedTarget;
  /** Of its agent. */
  readonly host: string;
  /** As an earlier execution of the run found it; null: it never answered. */
  readonly recorded: RunTarget | null;
  readonly restarts: number;
  /** In order; the anchors after each restart are the last. Keys are right only where it is recorded. */
  readonly cells: readonly LaneCell[];
  readonly reused: readonly CellRecord[];
}

/** Cells of a plan with their keys; without one where the target is not known. */
export const keyedCells = (target: RunTarget | null, plan: TargetPlan, suite: Suite): LaneCell[] =>
  plan.cells.map(({ cell, estimated_s }) => ({
    cell,
    estimated_s,
    key: target === null ? '' : cellKey(target, cell, suite),
  }));

/** Records of an earlier execution that are cells of this one. */
export function reusable(
  target: string,
  cells: readonly LaneCell[],
  finished: readonly CellRecord[],
): CellRecord[] {
  const byKey = new Map(cells.map((cell) => [cell.key, cell]));
  return (
    finished
      // A cell whose endpoint failed says nothing: it is measured again.
      .filter((record) => record.target === target && byKey.has(record.key) && !endpointFailed(record))
      // Whether the fit uses a cell is the suite's word of today.
      .map((record) => ({ ...record, cell: byKey.get(record.key)!.cell }))
  );
}

/** Records of an earlier execution that this one would measure alike, whatever its cells are. */
export const stillTrue = (target: RunTarget, suite: Suite, finished: readonly CellRecord[]): CellRecord[] =>
  finished.filter(
    (record) =>
      record.target === target.name &&
      record.key === cellKey(target, record.cell, suite) &&
      !endpointFailed(record),
  );

/** Whether an earlier execution left anything to measure. */
export const isDone = ({ recorded, cells, reused }: WaitingTarget): boolean =>
  recorded !== null && remainingCells(cells, new Set(reused.map(({ key }) => key))).length === 0;
