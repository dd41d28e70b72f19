import type { FindMaxOptions, Search } from './find-max-schema.ts';
import type { CellRecord, CellShape, HostCalibration, RestartSpread } from './schema.ts';

/** A cell as planned: its key is known once its target is identified. */
export interface PlannedCell {
  readonly target: string;
  readonly cell: CellShape;
}

export type TargetState =
  | 'starting'
  | 'identifying'
  | 'ready'
  | 'measuring'
  | 'restarting'
  | 'done'
  | 'failed';

export type CellPhase = 'probe' | 'warm_up' | 'window' | 'drain' | 'idle';

/** Live figures of the cell in progress; null until there is something to show. */
export interface CellProgress {
  readonly phase: CellPhase;
  readonly elapsed_s: number;
  readonly in_flight: number;
  readonly completed: number;
  readonly output_tokens_per_s: number | null;
  readonly ttft_ms: number | null;
  readonly tpot_ms: number | null;
}

/** A target in a few words. */
export interface EventTarget {
  readonly name: string;
  readonly accelerator: string;
  readonly tensor_parallel: number;
  /** Empty for a server that the run has still to start, unless the lab file says it; so is `engine`. */
  readonly model: string;
  readonly engine: string;
}

/** What a run tells its watchers (dashboard, plain lines, `--json`). Drawing happens elsewhere. */
export type RunEvent =
  | {
      readonly kind: 'run_started';
      readonly run_id: string;
      readonly folder: string;
      readonly suite: string;
      readonly targets: readonly EventTarget[];
      /** In the order of measurement; finished ones of a resumed run included. */
      readonly cells: readonly PlannedCell[];
      /** Of an adaptive run the most that it may take. */
      readonly estimated_s: number;
      /** It measures only as many of the cells as it takes. */
      readonly adaptive?: true;
      /** It searches highest loads: its cells are chosen as it goes. */
      readonly searches?: true;
    }
  /** What is known of the client on the host of a target's agent; again for every target that is started there later. */
  | { readonly kind: 'client'; readonly host: string; readonly calibration: HostCalibration }
  /** A server that the run started has answered: what it is, and its cells in the place of those expected. */
  | { readonly kind: 'target_planned'; readonly target: EventTarget; readonly cells: readonly CellShape[] }
  /** How far anchors lie apart between restarts of a server. */
  | { readonly kind: 'restart_spread'; readonly target: string; readonly spread: RestartSpread }
  | {
      readonly kind: 'target_state';
      readonly target: string;
      readonly state: TargetState;
      readonly message: string | null;
    }
  | {
      readonly kind: 'cell_started';
      readonly target: string;
      readonly cell: CellShape;
      readonly attempt: number;
    }
  | {
      readonly kind: 'cell_progress';
      readonly target: string;
      readonly cell: CellShape;
      readonly progress: CellProgress;
    }
  | {
      readonly kind: 'cell_finished';
      readonly target: string;
      readonly record: CellRecord;
      readonly reused: boolean;
    }
  | {
      readonly kind: 'cell_failed';
      readonly target: string;
      readonly cell: CellShape;
      readonly message: string;
    }
  /** Of an adaptive run: what is known before this round, and how many cells it measures. */
  | {
      readonly kind: 'round';
      readonly round: number;
      /** The one target whose cells are chosen: a server that the run has started; absent: all that run already. */
      readonly target?: string;
      readonly cells: number;
      /** False: too few cells for a fit yet; the half-widths are what the priors and the cells say. */
      readonly fitted: boolean;
      /** Mean half-widths of the asked 90 % intervals. */
      readonly half_width_percent: { readonly ttft_ms: number | null; readonly tpot_ms: number | null };
      readonly goals_percent: {
        readonly ttft_ms?: number | undefined;
        readonly tpot_ms?: number | undefined;
      };
      readonly spent_s: number;
      readonly budget_s: number;
      /** Why this is no round but the end; null: its cells follow. */
      readonly ended: 'goal' | 'budget' | 'no_cells' | null;
    }
  /** Seconds to the end. With `round_s`, the end of this round, `seconds` is the most that all rounds may take. */
  /** Of a search for the highest load: its bracket so far, and what it tries next; null: it is over. */
  | (Search & {
      readonly kind: 'search';
      readonly axis: FindMaxOptions['axis'];
      readonly next: number | null;
      readonly loads_tried: number;
    })
  | { readonly kind: 'remaining'; readonly seconds: number; readonly round_s?: number }
  | { readonly kind: 'warning'; readonly target: string | null; readonly message: string }
  | { readonly kind: 'paused' }
  | { readonly kind: 'resumed' }
  | {
      readonly kind: 'run_finished';
      readonly run_id: string;
      readonly folder: string;
      readonly outcome: 'done' | 'interrupted' | 'failed';
      readonly counts: {
        readonly valid: number;
        readonly flagged: number;
        readonly invalid: number;
        readonly not_measured: number;
      };
      readonly exit_code: number;
    };

/** What a watcher may ask of a run. */
export interface RunControl {
  /** No new cell starts until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends the current cell unfinished, keeps every finished one, and lets the run end with exit code 130. */
  stop(): void;
}
