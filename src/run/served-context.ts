import type { Control } from './control.ts';
import type { RunListener } from './event-bus.ts';
import type { LaneContext } from './lane-context.ts';
import type { Measuring } from './measuring.ts';
import type { RunOptions } from './options.ts';
import type { PlannedTarget } from './prepare.ts';
import type { RemainingTime } from './remaining-time.ts';
import type { RunFile } from './run-file.ts';
import type { CellRecord, RunTarget } from './schema.ts';
import type { RunStore } from './store.ts';

/** Chooses a server's cells as it goes, in the place of measuring all that are planned. */
export interface ServedChoice {
  /** Whether the record of an earlier execution leaves nothing to choose; what it answers is told then. */
  isFinished(target: RunTarget): Promise<boolean>;
  /** Measures what it chooses on a server that was just started. @param mayStart false once it has ended by itself */
  measure(one: PlannedTarget, session: LaneContext['session'], mayStart: () => boolean): Promise<void>;
}

/** What the turn of a server that the run starts has in common with the rest of the run. */
export interface ServedContext {
  readonly options: RunOptions;
  readonly store: RunStore;
  readonly file: RunFile;
  readonly finished: readonly CellRecord[];
  readonly control: Control;
  readonly emit: RunListener;
  readonly measuring: Measuring;
  readonly remaining: RemainingTime;
  /** Absent: every planned cell is measured. */
  readonly choice?: ServedChoice;
}
