import type { AgentTimeouts } from '../agent/connection.ts';
import type { LoadedSuite } from '../suite/load-suite.ts';
import type { NamedTarget } from '../suite/targets.ts';
import type { RoundPlanner } from './adaptive-planner.ts';
import type { FindMaxOptions } from './find-max-schema.ts';
import type { Run } from './schema.ts';

export interface RunOptions {
  readonly suite: LoadedSuite;
  readonly targets: readonly NamedTarget[];
  readonly folder: string;
  readonly id: string;
  /** Goes on with the run in `folder` instead of starting one. */
  readonly resume: boolean;
  /** Measure targets whose agents share a host at the same time. */
  readonly parallel: boolean;
  readonly simulate: Run['simulate'];
  /** Chooses the cells, round by round; absent: all are measured. */
  readonly rounds?: RoundPlanner | undefined;
  /** Searches the highest load of every shape instead of measuring the suite's own; absent: it does not. */
  readonly findMax?: FindMaxOptions | undefined;
  readonly timeouts?: Partial<AgentTimeouts>;
}
