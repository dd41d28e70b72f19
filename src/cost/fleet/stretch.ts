import type { StepColumns } from './service.ts';

/** What a worker computes at a time: prompts, decodes, or both in one step. */
export type Activity = 'prefill' | 'decode' | 'mixed';

/** Like steps of a worker, one after another. */
export interface Stretch {
  readonly activity: Activity;
  readonly start_s: number;
  readonly seconds: number;
  readonly steps: number;
  readonly step_s: number;
  /** Of each step; null where no meter needs it. */
  readonly work: StepColumns | null;
}
