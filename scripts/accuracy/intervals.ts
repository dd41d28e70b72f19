import { summariseErrors } from '../../src/fit/errors.ts';
import { median } from '../../src/stats/sorted.ts';
import { METRICS, type Metric } from './rows.ts';
import type { Score, ScoredError } from './score.ts';

const MISSED_SHARE = 0.1;

/** How good 90 % intervals are over cells; percent of what was measured. */
export interface IntervalFigures {
  readonly name: string;
  readonly metric: Metric;
  readonly n: number;
  readonly coverage: number;
  readonly mape: number;
  readonly medianHalfWidth: number;
  /** Mean interval score: width, and for a miss 2/0.1 times its distance. */
  readonly meanScore: number;
}

export const halfWidthPercent = ({ interval_90: [low, high], predicted }: ScoredError): number =>
  ((high - low) / 2 / predicted) * 100;

function scoreOf({ interval_90: [low, high], measured }: ScoredError): number {
  const missed = Math.max(0, low - measured, measured - high);
  return ((high - low + (2 / MISSED_SHARE) * missed) / measured) * 100;
}

type Group = 'inside the hull' | 'beyond the hull' | 'transfers';

function groupOf({ kind }: Score, { in_hull }: ScoredError): Group | null {
  if (kind === 'in_sample') return null;
  if (kind === 'transfer') return 'transfers';
  return in_hull ? 'inside the hull' : 'beyond the hull';
}

/** Interval figures of hold-outs, every cell of a block once; cells beyond the training part's hull and transfers apart. */
export function intervalFigures(scores: readonly Score[]): IntervalFigures[] {
  const all = scores.flatMap((score) =>
    score.outcome.state === 'refused' || score.repeated
      ? []
      : score.outcome.errors.map((error) => ({ error, group: groupOf(score, error) })),
  );
  return (['inside the hull', 'beyond the hull', 'transfers'] as const).flatMap((name) =>
    METRICS.flatMap((metric) => {
      const errors = all
        .filter(({ error, group }) => group === name && error.metric === metric)
        .map(({ error }) => error);
      return errors.length === 0 ? [] : [figuresOf(name, metric, errors)];
    }),
  );
}

function figuresOf(name: string, metric: Metric, errors: readonly ScoredError[]): IntervalFigures {
  const { n, mape, coverage_90 } = summariseErrors(errors)[metric]!;
  return {
    name,
    metric,
    n,
    mape,
    coverage: coverage_90,
    medianHalfWidth: median(errors.map(halfWidthPercent))!,
    meanScore: errors.reduce((sum, error) => sum + scoreOf(error), 0) / n,
  };
}
