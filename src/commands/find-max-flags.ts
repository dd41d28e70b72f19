import { RidgeError } from '../errors.ts';
import { counted } from '../plural.ts';
import { formatDuration } from '../report/format.ts';
import { leastRate, requestsNeeded } from '../run/find-max-shapes.ts';
import type { FindMaxOptions, Run } from '../run/schema.ts';
import { changedSuite, type LoadedSuite } from '../suite/load-suite.ts';
import { OBJECTIVE_KEYS, type ObjectiveKey, type Objectives } from '../suite/schema.ts';
import { oneOfFlag, positiveFlag } from './flags.ts';
import type { RunFlags } from './run-flags.ts';

const DEFAULT_TOLERANCE_PERCENT = 5;

/** A search and the suite that it measures: with its objectives, and windows that hold what their percentiles need. */
export interface FindMax {
  readonly findMax: FindMaxOptions;
  readonly suite: LoadedSuite;
}

/**
 * What a run searches: flags, else what its record says; null: it measures the suite's own cells.
 * @throws RidgeError (exit 2) for flags that do not go together, or a search without objectives
 */
export function findMaxOf(flags: RunFlags, before: Run | null, suite: LoadedSuite): FindMax | null {
  const axis = flags['find-max'] ?? before?.find_max?.axis;
  if (axis === undefined) {
    const stray = (['objective', 'tolerance'] as const).find((name) => flags[name] !== undefined);
    if (stray === undefined) return null;
    throw new RidgeError(`--${stray} belongs to --find-max`, {
      mend: 'Add --find-max rate, or leave it out.',
    });
  }
  if (flags.adaptive) {
    throw new RidgeError('--find-max and --adaptive do not go together', { mend: 'Leave out one of them.' });
  }
  const objectives = flags.objective === undefined ? suite.suite.objectives : objectiveFlags(flags.objective);
  if (objectives === undefined || Object.keys(objectives).length === 0) {
    throw new RidgeError('--find-max needs objectives', {
      mend: 'Give --objective ttft_p99_ms=500 (repeatable), or objectives in the suite.',
    });
  }
  const percent =
    flags.tolerance === undefined
      ? 100 * (before?.find_max?.tolerance ?? DEFAULT_TOLERANCE_PERCENT / 100)
      : positiveFlag('tolerance', flags.tolerance);
  return {
    findMax: { axis: oneOfFlag('find-max', axis, ['rate', 'concurrency']), tolerance: percent / 100 },
    suite: withObjectives(suite, objectives),
  };
}

function objectiveFlags(texts: readonly string[]): Objectives {
  const objectives: Partial<Record<ObjectiveKey, number>> = {};
  for (const text of texts) {
    const [name = '', value = ''] = text.split('=');
    const key = oneOfFlag('objective', name, OBJECTIVE_KEYS);
    objectives[key] = positiveFlag(`objective: ${key}`, value);
  }
  return objectives;
}

/** A percentile needs its requests in every cell, so the stop rule of a search asks for them. */
function withObjectives(suite: LoadedSuite, objectives: Objectives): LoadedSuite {
  const needed = requestsNeeded(objectives);
  const { stop } = suite.suite;
  const min_requests = Math.max(stop.min_requests, needed);
  const max_requests = Math.max(stop.max_requests, 2 * min_requests);
  return changedSuite(suite, { objectives, stop: { ...stop, min_requests, max_requests } });
}

/** What a search costs by its percentiles, before it starts. */
export function findMaxNotes({ findMax, suite: { suite } }: FindMax): string[] {
  const needed = requestsNeeded(suite.objectives ?? {});
  if (needed === 0) return [];
  const keys = Object.keys(suite.objectives ?? {}).join(', ');
  const cost = `${keys}: every cell needs ${counted(needed, 'request')}, ${formatDuration(needed)} at 1/s, ${formatDuration(needed / 10)} at 10/s`;
  if (findMax.axis === 'concurrency') return [cost];
  const least = leastRate(suite).toPrecision(3);
  return [cost, `rates below ${least}/s are not searched: max_s of the stop rule is ${suite.stop.max_s} s`];
}
