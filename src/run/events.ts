import type { CellRecord, CellShape } from './schema.ts';

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

/** What a run tells its watchers (dashboard, plain lines, `--json`). Drawing happens elsewhere. */
export type RunEvent =
  | {
      readonly kind: 'run_started';
      readonly run_id: string;
      readonly folder: string;
      readonly suite: string;
      readonly targets: readonly {
        readonly name: string;
        readonly accelerator: string;
        readonly tensor_parallel: number;
        readonly model: string;
        readonly engine: string;
      }[];
      /** In the order of measurement; finished ones of a resumed run included. */
      readonly cells: readonly PlannedCell[];
      readonly estimated_s: number;
    }
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
  | { readonly kind: 'remaining'; readonly seconds: number }
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
