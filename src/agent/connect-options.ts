import type { CellProgress } from '../run/events.ts';
import type { AgentFailure } from './failure.ts';
import type { AgentTarget, HostFacts, Reply } from './protocol.ts';
import type { AgentTimeouts } from './timeouts.ts';

export interface ConnectOptions {
  readonly argv: readonly [string, ...string[]];
  readonly target: AgentTarget;
  readonly timeouts?: Partial<AgentTimeouts> | undefined;
  warning(message: string): void;
  /** Replies that answer no question: of a server that the agent started. */
  unasked?(reply: Reply): void;
  /** Its process has ended, or was given up; called at least once, also after `close`. */
  gone?(failure: AgentFailure): void;
}

export interface RunCellHooks {
  progress(progress: CellProgress): void;
  /** JSON texts of request timelines, see `RequestLine`; all of them before the cell's result. */
  requests(lines: readonly string[]): void;
  power?(text: string): void;
  steps(text: string): void;
}

export interface AgentHost extends HostFacts {
  readonly clock_offset_s: number;
  readonly clock_offset_bound_s: number;
}
