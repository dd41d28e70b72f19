import type { StepColumns } from './service.ts';

/** What a worker computes at a time: prompts, decodes, or both in one step. */
export type Activity = 'prefill' | 'decode' | 'mixed';

/** Answers in a step. */
export interface Decoding {
  readonly batch: number;
  /** Mean, tokens. */
  readonly context: number;
  /** Seconds for which each that joins with the first step waited since its last token. */
  readonly waits: readonly number[];
}

/** Like steps of a worker, one after another. */
export interface Stretch {
  readonly activity: Activity;
  readonly start_s: number;
  readonly seconds: number;
  readonly steps: number;
  readonly step_s: number;
  /** Of each step; null where no meter needs it. */
  readonly work: StepColumns | null;
  /** Null: prompts alone. */
  readonly decoding: Decoding | null;
}
