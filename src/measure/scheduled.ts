import type { CellMetrics } from '../run/schema.ts';
import { quantile, sortSample } from '../stats/sorted.ts';
import type { TimeSpan } from './evidence.ts';
import { e2eScheduled, ttftScheduled } from './latency.ts';
import { isCompleted, isInside } from './selection.ts';
import { defined, statisticMs } from './statistic.ts';
import type { RequestTimeline } from './timeline.ts';

type ScheduledMetrics = Pick<
  CellMetrics,
  'ttft_sched_ms' | 'e2e_sched_ms' | 'schedule_delay_ms' | 'scheduled_requests_per_s'
>;

/** How late a request was sent, s. */
export const scheduleDelay = ({ sent_s, scheduled_s }: RequestTimeline): number => sent_s - scheduled_s;

/** p50, p99 and longest schedule delay, ms; null without requests. */
export function scheduleDelays(requests: readonly RequestTimeline[]): CellMetrics['schedule_delay_ms'] {
  const sample = sortSample(requests.map(scheduleDelay));
  if (sample === null) return null;
  const at = (q: number): number => 1000 * quantile(sample, q);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** Requests of the load that were due inside the window, sent in time or not. */
export const dueInside = (timelines: readonly RequestTimeline[], window: TimeSpan): number =>
  timelines.filter(({ role, scheduled_s }) => role !== 'probe' && isInside(scheduled_s, window)).length;

/** What only an open loop has: latencies from the times at which its requests were due, and how well it kept to them. */
export function scheduledMetrics(
  timelines: readonly RequestTimeline[],
  measured: readonly RequestTimeline[],
  window: TimeSpan,
  perSecond: (count: number) => number | null,
): ScheduledMetrics {
  const completed = measured.filter(isCompleted);
  return {
    ttft_sched_ms: statisticMs(defined(completed, ttftScheduled)),
    e2e_sched_ms: statisticMs(defined(completed, e2eScheduled)),
    schedule_delay_ms: scheduleDelays(measured),
    scheduled_requests_per_s: perSecond(dueInside(timelines, window)),
  };
}
