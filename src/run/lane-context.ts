import type { Suite } from '../suite/schema.ts';
import type { TraceColumns } from '../suite/trace.ts';
import type { AgentSession } from './agent-session.ts';
import type { Control } from './control.ts';
import type { RunListener } from './event-bus.ts';
import type { CellRecord, CellShape, LiveTarget } from './schema.ts';
import type { SeenShapes } from './seen-shapes.ts';
import type { RunStore } from './store.ts';

/** A cell that is to be measured, with its key and how long it may take. */
export interface LaneCell {
  readonly cell: CellShape;
  readonly key: string;
  readonly estimated_s: number;
}

export interface LaneContext {
  readonly target: LiveTarget;
  readonly session: Pick<AgentSession, 'runCell'>;
  /** What the server has been shown so far; absent: nothing. */
  readonly seen?: SeenShapes;
  readonly suite: Suite;
  /** By digest; the cells that replay one name it. */
  readonly traces?: ReadonlyMap<string, TraceColumns>;
  readonly store: RunStore;
  /** Of all devices of the target together, W; null: not measured. */
  readonly idlePower_w?: number | null;
  readonly control: Control;
  readonly emit: RunListener;
  /** Asked before each cell; the first that may not start ends the lane. Default: every cell may. */
  mayStart?(cell: LaneCell): boolean;
  /** Called after each cell, finished or failed, with the seconds that it took. */
  measured(cell: LaneCell, seconds: number): void;
  /** Called with each finished cell, once its line is on disk. */
  keep(record: CellRecord): void;
}
