import type { Control } from './control.ts';
import type { RunListener } from './event-bus.ts';
import type { Measuring } from './measuring.ts';
import type { RunOptions } from './options.ts';
import type { RemainingTime } from './remaining-time.ts';
import type { RunFile } from './run-file.ts';
import type { CellRecord } from './schema.ts';
import type { RunStore } from './store.ts';

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
}
