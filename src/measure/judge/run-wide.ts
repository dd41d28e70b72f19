import type { CellMetrics, Statistic } from '../../run/schema.ts';
import type { Reason } from '../reasons.ts';
import { asPercent, invalid, reason } from './case.ts';

type Latencies = Pick<CellMetrics, 'ttft_ms' | 'tpot_ms'>;

/**
 * An anchor cell at the start and at the end of a run: a difference of mean TTFT or TPOT beyond the interval of that
 * difference (half-widths added in squares) flags every cell of the target.
 */
export function judgeDrift(start: Latencies, end: Latencies): Reason | null {
  for (const metric of ['ttft_ms', 'tpot_ms'] as const) {
    const difference = compare(start[metric], end[metric]);
    if (difference === null || Math.abs(difference.share) <= difference.limit) continue;
    const name = metric === 'ttft_ms' ? 'TTFT' : 'TPOT';
    const message = `${name} of the anchor cell changed by ${asPercent(difference.share)} from start to end`;
    return reason('drift', 'flagged', 'use', message, difference.share, difference.limit);
  }
  return null;
}

/**
 * An anchor cell of a mixture of experts with the suite's prompts and with another kind: a difference of mean TTFT or TPOT
 * beyond its interval means that the step time depends on what is read.
 */
export function judgeRouting(anchor: Latencies, other: Latencies, kind: string): Reason | null {
  for (const metric of ['ttft_ms', 'tpot_ms'] as const) {
    const difference = compare(anchor[metric], other[metric]);
    if (difference === null || Math.abs(difference.share) <= difference.limit) continue;
    const name = metric === 'ttft_ms' ? 'TTFT' : 'TPOT';
    const message = `${name} of the anchor cell is ${asPercent(difference.share)} off with ${kind}`;
    return reason('routing_sensitive', 'flagged', 'exclude', message, difference.share, difference.limit);
  }
  return null;
}

function compare(start: Statistic | null, end: Statistic | null): { share: number; limit: number } | null {
  if (start === null || end === null || start.half_width_95 === null || end.half_width_95 === null)
    return null;
  return {
    share: (end.mean - start.mean) / start.mean,
    limit: Math.hypot(start.half_width_95, end.half_width_95) / start.mean,
  };
}

/**
 * Facts about engine, model and settings that must not change while a run lasts. What a power source says
 * (`power.SOURCE...`) counts where it was known both times: a tool that does not answer any more changed nothing.
 */
export type Environment = Readonly<Record<string, string | number | boolean | null>>;

const KNOWN_BOTH_TIMES = /^power\./;

export function judgeEnvironment(start: Environment, now: Environment): Reason | null {
  const keys = [...new Set([...Object.keys(start), ...Object.keys(now)])];
  const changed = keys.filter((key) => {
    const [before = null, after = null] = [start[key], now[key]];
    const told = !KNOWN_BOTH_TIMES.test(key) || (before !== null && after !== null);
    return told && before !== after;
  });
  if (changed.length === 0) return null;
  const list = changed
    .map((key) => `${key} ${start[key] ?? 'unknown'} -> ${now[key] ?? 'unknown'}`)
    .join(', ');
  return invalid('environment_changed', list, changed.length, 0);
}
