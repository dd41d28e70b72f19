import type { CellMetrics } from '../../run/schema.ts';
import type { StepsSummary } from '../../run/steps-schema.ts';
import type { Thresholds } from '../../suite/thresholds.ts';
import type { StampBounds } from '../client-health.ts';
import type { CellEvidence, TimeSpan } from '../evidence.ts';
import type { FitUse, Reason, ReasonCode, ReasonEffect } from '../reasons.ts';
import type { RequestTimeline } from '../timeline.ts';

/** A cell with a window, its measured requests and its metrics: what most codes are judged on. */
export interface Case {
  readonly evidence: CellEvidence;
  readonly window: TimeSpan;
  /** Requests of the load sent inside the window, in the order of sending. */
  readonly measured: readonly RequestTimeline[];
  /** The completed ones among them. */
  readonly completed: readonly RequestTimeline[];
  readonly metrics: CellMetrics;
  readonly bounds: StampBounds;
  readonly steps: StepsSummary;
  readonly thresholds: Thresholds;
}

/** One code's judgement; null when there is nothing to say. */
export type Judge = (cell: Case) => Reason | null;

export function reason(
  code: ReasonCode,
  effect: ReasonEffect,
  fit: FitUse,
  message: string,
  value: number | null = null,
  threshold: number | null = null,
): Reason {
  return { code, effect, fit, message, value, threshold };
}

export const invalid = (
  code: ReasonCode,
  message: string,
  value: number | null = null,
  threshold: number | null = null,
) => reason(code, 'invalid', 'exclude', message, value, threshold);

/** Whether the suite declared the cell to be beyond the KV capacity. */
export function declaredSaturated(evidence: CellEvidence): boolean {
  return evidence.kvFill !== null && evidence.kvFill >= 1;
}

/** A share as a percentage with a sensible number of digits. */
export const asPercent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
/** A number with three significant digits. */
export const short = (value: number): string => String(Number(value.toPrecision(3)));
