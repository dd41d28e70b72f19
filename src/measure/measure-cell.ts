import type { CellMetrics, CellRecord } from '../run/schema.ts';
import type { StepsSummary } from '../run/steps-schema.ts';
import { thresholdsOf } from '../suite/thresholds.ts';
import { type PaddedSizes, paddedSizes } from './buckets.ts';
import { type StampBounds, stampBounds } from './client-health.ts';
import { decodeMetrics } from './decode-metrics.ts';
import { disaggregatedMetrics } from './disaggregated-metrics.ts';
import type { CellEvidence, TimeSpan } from './evidence.ts';
import { cellMetrics } from './metrics.ts';
import type { Reason, Verdict } from './reasons.ts';
import { isCompleted, measuredRequests } from './selection.ts';
import { engineSteps } from './steps/engine-steps.ts';
import { summariseSteps } from './steps/step-check.ts';
import type { EngineSteps } from './steps/step-columns.ts';
import type { RequestTimeline } from './timeline.ts';
import { judgeCase, judgeWithoutWindow, verdictOf } from './verdict.ts';

export type { CellEvidence, EventLoopDelay, ServerEvidence, TimeSpan } from './evidence.ts';

/** What a cell's line in the record says about it. */
export interface MeasuredCell extends Pick<CellRecord, 'window' | 'client' | 'counts' | 'restarted'> {
  readonly steps: StepsSummary;
  readonly padded?: PaddedSizes | null;
  /** Null when the cell ended before its window opened. */
  readonly metrics: CellMetrics | null;
  readonly reasons: Reason[];
  readonly verdict: Verdict;
}

/** Metrics and verdict of a cell from its timelines and counters. Pure: a later version can judge the raw record again. */
export const measureCell = (evidence: CellEvidence): MeasuredCell => measureSteps(evidence).cell;

/** As `measureCell`, with the engine's steps of the whole cell, from its probe to its last aborted filler. */
export function measureSteps(evidence: CellEvidence): { cell: MeasuredCell; steps: EngineSteps } {
  const { timelines, window } = evidence;
  const measured = window === null ? [] : measuredRequests(timelines, window);
  const completed = measured.filter(isCompleted);
  const bounds = stampBounds(completed);
  const thresholds = thresholdsOf(evidence.thresholds);
  const found = engineSteps(timelines);
  const steps = summariseSteps(found, evidence, thresholds);
  const metrics = window === null ? null : metricsOf(evidence, measured, window);
  const reasons =
    window === null || metrics === null
      ? judgeWithoutWindow(evidence)
      : judgeCase({ evidence, window, measured, completed, metrics, bounds, steps, thresholds });
  const cell: MeasuredCell = {
    metrics,
    steps,
    reasons,
    verdict: verdictOf(reasons),
    ...(evidence.buckets && { padded: paddedSizes(evidence.buckets, evidence) }),
    window:
      window === null
        ? null
        : { ...window, residence_s: evidence.residence_s, stopped_by: evidence.stoppedBy },
    ...restartOf(evidence),
    client: clientFacts(evidence, bounds),
    counts: counts(timelines, measured.length),
  };
  return { cell, steps: found };
}

function metricsOf(
  evidence: CellEvidence,
  measured: readonly RequestTimeline[],
  window: TimeSpan,
): CellMetrics {
  const { kind, concurrency, open, pair, timelines, objectives } = evidence;
  const metrics = cellMetrics(timelines, measured, window, objectives, open !== undefined);
  if (kind === 'decode') return decodeMetrics(metrics, measured, concurrency);
  return pair === undefined
    ? metrics
    : { ...metrics, disaggregated: disaggregatedMetrics(evidence, measured) };
}

function restartOf({ restarted }: CellEvidence): Pick<CellRecord, 'restarted'> {
  if (restarted === undefined) return {};
  const { at_s, where, gap_s, times_usual } = restarted;
  return { restarted: { at_s, where, gap_ms: 1000 * gap_s, times_usual } };
}

function clientFacts({ eventLoopDelay }: CellEvidence, bounds: StampBounds): CellRecord['client'] {
  return {
    event_loop_delay_p50_ms: eventLoopDelay?.p50_ms ?? null,
    event_loop_delay_p99_ms: eventLoopDelay?.p99_ms ?? null,
    event_loop_delay_max_ms: eventLoopDelay?.max_ms ?? null,
    ttft_bound_p50_ms: milliseconds(bounds.ttft_p50),
    ttft_bound_p99_ms: milliseconds(bounds.ttft_p99),
    chunk_bound_p50_ms: milliseconds(bounds.chunk_p50),
    chunk_bound_p99_ms: milliseconds(bounds.chunk_p99),
    core_wait_share: eventLoopDelay?.core_wait_share ?? null,
    stolen_share: eventLoopDelay?.stolen_share ?? null,
  };
}

const milliseconds = (seconds: number | null): number | null => (seconds === null ? null : 1000 * seconds);

/** `completed`, `failed` and `aborted` count every request of the cell, the probe and the fillers included. */
function counts(timelines: readonly RequestTimeline[], measured: number): CellRecord['counts'] {
  const inState = (state: string): number =>
    timelines.filter((request) => request.outcome.state === state).length;
  return {
    measured,
    completed: inState('completed'),
    failed: inState('failed'),
    aborted: inState('aborted'),
    fillers: timelines.filter((request) => request.role === 'filler').length,
  };
}
