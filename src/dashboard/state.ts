import type { Verdict } from '../measure/reasons.ts';
import type { CellProgress, RunEvent, TargetState } from '../run/events.ts';
import type { CellShape, HostCalibration } from '../run/schema.ts';

export type CellStatus =
  | { readonly state: 'pending' }
  | { readonly state: 'running' }
  | { readonly state: 'finished'; readonly verdict: Verdict; readonly reused: boolean }
  | { readonly state: 'failed' };

export interface CellView {
  readonly target: string;
  readonly cell: CellShape;
  readonly status: CellStatus;
}

export interface CurrentCell {
  readonly cell: CellShape;
  readonly attempt: number;
  readonly progress: CellProgress | null;
}

/** One target: who it is, what it does now. */
export interface Lane {
  readonly name: string;
  readonly accelerator: string;
  readonly tensorParallel: number | null;
  readonly model: string;
  readonly state: TargetState;
  readonly message: string | null;
  readonly current: CurrentCell | null;
  /** Of its last finished cell with an energy: mean power, and joules an output token. */
  readonly energy: { readonly power_w: number; readonly joules_per_token: number | null } | null;
}

export interface Warning {
  /** Counts from 0 over the run. */
  readonly sequence: number;
  readonly target: string | null;
  readonly message: string;
}

/** What is known of one shape's highest load. */
export type Search = Extract<RunEvent, { kind: 'search' }>;
export type Round = Extract<RunEvent, { kind: 'round' }>;

type Outcome = Extract<RunEvent, { kind: 'run_finished' }>['outcome'];
export type RunState = 'starting' | 'running' | 'paused' | 'stopping' | Outcome;

export const isOver = (state: RunState): state is Outcome =>
  state === 'done' || state === 'interrupted' || state === 'failed';

/** All that the dashboard shows. Times are seconds on the caller's clock. */
export interface DashboardState {
  readonly runState: RunState;
  readonly suite: string;
  readonly runId: string;
  readonly startedAtS: number | null;
  /** `atMost`: rounds of an adaptive run may end sooner. */
  readonly remaining: { readonly seconds: number; readonly atMost: boolean; readonly atS: number } | null;
  readonly lanes: readonly Lane[];
  readonly cells: readonly CellView[];
  /** The target that a cell was last started on: shown where not all fit. */
  readonly focus: string | null;
  readonly warnings: readonly Warning[];
  /** What is known of the clients, by the hosts of the agents. */
  readonly clients: Readonly<Record<string, HostCalibration>>;
  /** The latest round of an adaptive run; null: it is none, or none was planned yet. */
  readonly round: Round | null;
  /** Whether the run searches highest loads: its cells are not known before. */
  readonly isSearch: boolean;
  /** One a shape and target, the one that goes on last. */
  readonly searches: readonly Search[];
}

/** What asks the state to change: an event of the run, or the user who pressed `q`. */
export type DashboardEvent = RunEvent | { readonly kind: 'stop_requested' };

export const initialState: DashboardState = {
  runState: 'starting',
  suite: '',
  runId: '',
  startedAtS: null,
  remaining: null,
  lanes: [],
  cells: [],
  focus: null,
  warnings: [],
  clients: {},
  round: null,
  isSearch: false,
  searches: [],
};

/** Seconds left as last told, less what has passed since; null when nothing was told. */
export const remainingS = ({ remaining }: DashboardState, nowS: number): number | null =>
  remaining === null ? null : Math.max(0, remaining.seconds - (nowS - remaining.atS));
