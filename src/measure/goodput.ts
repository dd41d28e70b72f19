import type { CellMetrics, Statistic } from '../run/schema.ts';
import { aboveFloor } from '../stats/sample-floor.ts';
import { quantile, type SortedSample, sortSample } from '../stats/sorted.ts';
import type { ObjectiveKey, Objectives } from '../suite/schema.ts';
import { e2eScheduled, tpot, ttftScheduled } from './latency.ts';
import { intervalMs } from './objective-interval.ts';
import { isCompleted } from './selection.ts';
import type { RequestTimeline } from './timeline.ts';
import { areTokenGaps, gapsOf, tokenGapsInTime } from './token-gaps.ts';

type Metric = 'ttft' | 'tpot' | 'e2e' | 'tbt';
type Wanted = {
  readonly key: ObjectiveKey;
  readonly metric: Metric;
  readonly q: number | 'mean';
  readonly limit_ms: number;
};

/** Latency as an objective sees it, s: from the scheduled time; infinite for a failed request; null when undefined. */
function objectiveLatency(request: RequestTimeline, metric: Exclude<Metric, 'tbt'>): number | null {
  if (!isCompleted(request)) return Number.POSITIVE_INFINITY;
  if (metric === 'ttft') return ttftScheduled(request);
  return metric === 'e2e' ? e2eScheduled(request) : tpot(request);
}

/** What an objective is judged by, s: latencies of requests, or all gaps between tokens; null where those cannot be told. */
function objectiveSample(requests: readonly RequestTimeline[], metric: Metric): number[] | null {
  if (metric === 'tbt') return tokenGapsInTime(requests);
  return requests.map((request) => objectiveLatency(request, metric)).filter((value) => value !== null);
}

/** Whether one request keeps to a limit: its latency, or of its gaps the same statistic; true where that is undefined. */
function keepsTo(request: RequestTimeline, { metric, q, limit_ms }: Wanted, gapsAreTokens: boolean): boolean {
  if (metric !== 'tbt') {
    const seconds = objectiveLatency(request, metric);
    return seconds === null ? metric === 'tpot' : 1000 * seconds <= limit_ms;
  }
  const sample = gapsAreTokens ? sortSample(gapsOf(request)) : null;
  return sample === null || 1000 * statisticOf(sample, q) <= limit_ms;
}

const statisticOf = (sample: SortedSample, q: number | 'mean'): number =>
  q === 'mean' ? sample.reduce((sum, value) => sum + value, 0) / sample.length : quantile(sample, q);

/** Splits `ttft_p99_ms` into metric and statistic. */
function wanted(objectives: Objectives): Wanted[] {
  return Object.entries(objectives).map(([key, limit_ms]) => {
    const [metric, statistic] = key.split('_') as [Metric, string];
    const q = statistic === 'mean' ? 'mean' : Number(statistic.slice(1)) / 100;
    return { key: key as ObjectiveKey, metric, q, limit_ms };
  });
}

/**
 * Each objective against the requests sent inside the window. A percentile below its sample floor is not judged
 * (`met` null); an infinite value (a failed request) is written as null and not met.
 */
export function judgeObjectives(
  requests: readonly RequestTimeline[],
  objectives: Objectives,
): CellMetrics['objectives'] {
  return wanted(objectives).map(({ key, metric, q, limit_ms }) => {
    const values = objectiveSample(requests, metric) ?? [];
    const sample = sortSample(values);
    if (sample === null || (q !== 'mean' && !aboveFloor(q, values.length))) {
      return { key, limit_ms, value_ms: null, met: null };
    }
    const interval_95_ms = intervalMs(values, sample, q);
    const value = 1000 * statisticOf(sample, q);
    return {
      key,
      limit_ms,
      value_ms: Number.isFinite(value) ? value : null,
      met: value <= limit_ms,
      interval_95_ms,
    };
  });
}

/**
 * Requests that meet every objective's limit. All requests issued in the window are asked, failed ones included; one
 * whose TPOT is undefined is judged by its other latencies. A limit on gaps holds the same statistic of its own gaps.
 */
export function countGood(requests: readonly RequestTimeline[], objectives: Objectives): number {
  const limits = wanted(objectives);
  const gapsAreTokens = areTokenGaps(requests);
  return requests.filter(
    (request) => isCompleted(request) && limits.every((limit) => keepsTo(request, limit, gapsAreTokens)),
  ).length;
}

/** Percentiles that the objectives ask for and the sample is too small for. */
export function withheldPercentiles(
  requests: readonly RequestTimeline[],
  objectives: Objectives,
): ObjectiveKey[] {
  return wanted(objectives)
    .filter(({ metric, q }) => {
      if (q === 'mean') return false;
      const sample = objectiveSample(requests, metric);
      return sample !== null && !aboveFloor(q, sample.length);
    })
    .map(({ key }) => key);
}

/** The value of a percentile in a statistic; null when it was withheld. */
export function percentile(statistic: Statistic | null, q: number): number | null {
  return statistic?.percentiles.find((entry) => entry.q === q)?.value ?? null;
}
