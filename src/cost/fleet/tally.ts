import { quantile, sortSample } from '../../stats/sorted.ts';
import type { Objective } from '../workload.ts';
import type { GapMeter } from './gap-meter.ts';
import type { RequestObjective } from './request-objectives.ts';
import { type Requests, tpotOf, ttftOf } from './requests.ts';

/** An objective with what was reached, s. */
export interface Reached {
  readonly objective: Objective;
  readonly seconds: number;
}

/** What a metric is for a request, s; null where it has none. @param overhead outside the engine, s */
export function metricOf(
  requests: Requests,
  request: number,
  metric: RequestObjective['metric'],
  overhead: number,
): number | null {
  switch (metric) {
    case 'ttft':
      return ttftOf(requests, request) + overhead;
    case 'tpot':
      return tpotOf(requests, request);
    case 'e2e':
      return requests.last_s[request]! - requests.at_s[request]! + overhead;
  }
}

/** The statistic of an objective over values in any order. */
export function statisticOf({ statistic }: Objective, values: readonly number[]): number {
  if (statistic === 'mean') return values.reduce((sum, value) => sum + value, 0) / values.length;
  const sample = sortSample(values);
  return sample === null ? 0 : quantile(sample, statistic);
}

/**
 * What a finished simulation reached of each objective.
 * @param gaps between tokens, where an objective is on them
 */
export const reachedBy = (
  requests: Requests,
  objectives: readonly Objective[],
  overheadOf: (request: number) => number,
  gaps: GapMeter | null,
): Reached[] =>
  objectives.map((objective) => {
    const { metric, statistic } = objective;
    if (metric === 'tbt') return { objective, seconds: gaps?.at(statistic) ?? 0 };
    const values: number[] = [];
    for (let request = 0; request < requests.count; request += 1) {
      const value = metricOf(requests, request, metric, overheadOf(request));
      if (value !== null) values.push(value);
    }
    return { objective, seconds: statisticOf(objective, values) };
  });

/** Counts as requests finish, so that a fleet that has missed an objective beyond recall need not be simulated to its end. */
export class MissCounter {
  readonly #objective: RequestObjective;
  readonly #allowed: number;
  #missed = 0;
  #sum = 0;

  /** @param population requests that will have a value */
  constructor(objective: RequestObjective, population: number) {
    this.#objective = objective;
    const { statistic, limit_s } = objective;
    // Beyond so many values above the limit, an interpolated quantile is above it, too.
    this.#allowed =
      statistic === 'mean' ? limit_s * population : Math.floor((1 - statistic) * (population - 1)) + 1;
  }

  get metric(): RequestObjective['metric'] {
    return this.#objective.metric;
  }

  /** Takes a value; true when the objective is missed whatever follows. */
  misses(seconds: number): boolean {
    if (this.#objective.statistic === 'mean') {
      this.#sum += seconds;
      return this.#sum > this.#allowed;
    }
    if (seconds > this.#objective.limit_s) this.#missed += 1;
    return this.#missed > this.#allowed;
  }
}
