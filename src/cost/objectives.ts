import { RidgeError } from '../errors.ts';
import { OBJECTIVE_KEYS, type ObjectiveKey, type Objectives } from '../suite/schema.ts';
import type { Objective } from './workload.ts';

const PARTS = /^(ttft|tpot|e2e|tbt)_(mean|p\d+)_ms$/;

/** Limits in milliseconds by key, as suites write them. */
export const objectivesOf = (limits: Objectives): Objective[] =>
  Object.entries(limits).map(([key, ms]) => {
    const [, metric, statistic] = PARTS.exec(key)!;
    return {
      key,
      metric: metric as Objective['metric'],
      statistic: statistic === 'mean' ? 'mean' : Number(statistic!.slice(1)) / 100,
      limit_s: ms! / 1e3,
    };
  });

/**
 * `ttft_p99_ms=250` as an objective.
 * @throws RidgeError (exit 2) for a key without a percentile, an unknown key, or a limit that is no number above 0
 */
export function parseObjective(text: string): [ObjectiveKey, number] {
  const [name = '', value = ''] = text.split('=');
  const bare = /^(ttft|tpot|e2e|tbt)_ms$/.exec(name);
  if (bare) {
    throw new RidgeError(`--objective: '${name}' names no percentile`, {
      mend: `Say which: ${bare[1]}_p99_ms=${value || 250}, or ${bare[1]}_mean_ms=${value || 250}.`,
    });
  }
  const key = OBJECTIVE_KEYS.find((one) => one === name);
  if (key === undefined) {
    throw new RidgeError(`--objective: '${name}' is no latency`, {
      mend: `Take one of ${OBJECTIVE_KEYS.join(', ')}.`,
    });
  }
  const ms = value.trim() === '' ? Number.NaN : Number(value);
  if (ms > 0 && Number.isFinite(ms)) return [key, ms];
  throw new RidgeError(`--objective: ${key}: '${value}' is not a number of milliseconds above 0`);
}
