import type { IdlePower } from '../run/energy-schema.ts';
import type { AgentTarget, CellResult, CellTask, Identity, ServerTask } from './protocol.ts';
import type { CellHooks } from './run-cell.ts';

/** What an agent does with its endpoint; the messages around it are the same for every engine. */
export interface AgentWork {
  identify(target: AgentTarget): Promise<Identity>;
  runCell(target: AgentTarget, task: CellTask, hooks: CellHooks, signal: AbortSignal): Promise<CellResult>;
  /** Power while the server has nothing to do. */
  measureIdle?(seconds: number, signal: AbortSignal): Promise<IdlePower>;
  /** Ends what it started on the host; never fails. */
  close?(): Promise<void>;
  readonly server?: ServerWork;
}

/** A server that the agent starts on its host and ends with itself. */
export interface ServerWork {
  start(
    target: AgentTarget,
    task: ServerTask,
    hooks: { log(text: string): void; ended(message: string): void },
    signal: AbortSignal,
  ): Promise<{ readonly ready_after_s: number }>;
  /** Never fails; also where none runs. */
  stop(): Promise<void>;
}
