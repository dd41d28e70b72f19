import type { LaneCell } from './lane-context.ts';
import type { CellRecord, LiveTarget, Run } from './schema.ts';

/** Mean half-widths of the asked 90 % intervals, percent; null: none has this metric. */
export interface RoundWidths {
  readonly ttft_ms: number | null;
  readonly tpot_ms: number | null;
}

/** What is known after a round, and what to measure next. */
export interface Round {
  readonly widths: RoundWidths;
  /** False: the widths are those of the priors, narrowed by the cells so far. */
  readonly fitted: boolean;
  /** Why no further round follows; null: `cells` are to be measured. */
  readonly ended: RoundEnd | null;
  readonly cells: readonly { readonly target: string; readonly key: string }[];
}

export const ROUND_ENDS = ['goal', 'budget', 'no_cells'] as const;
export type RoundEnd = (typeof ROUND_ENDS)[number];

/** A target with all its cells. */
export interface RoundTarget {
  readonly target: LiveTarget;
  readonly cells: readonly LaneCell[];
}

/** Decides what an adaptive run measures. It has no memory: what a run has decides, so that one that was killed goes on. */
export interface RoundPlanner {
  readonly options: NonNullable<Run['adaptive']>;
  /**
   * @param open cells that may be measured
   * @param within_s seconds left for them
   */
  next(input: {
    readonly run: Run;
    readonly planned: readonly RoundTarget[];
    readonly records: readonly CellRecord[];
    readonly open: readonly (LaneCell & { readonly target: string })[];
    readonly within_s: number;
    readonly first: boolean;
  }): Promise<Round>;
}
