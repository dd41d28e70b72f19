import { type ErrorSummary, summariseErrors } from '../../src/fit/errors.ts';
import type { Score } from './score.ts';

/** Metrics that are scored; throughput follows from these two. */
export const METRICS = ['tpot_ms', 'ttft_ms'] as const;
export type Metric = (typeof METRICS)[number];

/** One line of the result; errors are in percent. */
export interface AccuracyRow {
  readonly block: string;
  readonly metric: string;
  readonly n: number;
  readonly mape: number | null;
  readonly median_ape: number | null;
  readonly p90_ape: number | null;
  /** Mean signed error; above 0 the prediction is too high. */
  readonly bias: number | null;
  /** Share of measurements inside their 90 % interval. */
  readonly coverage_90: number | null;
  readonly target: number | null;
  /** Why there is no score. */
  readonly refused: string | null;
}

/** A row with the score it came from, for the table. */
export interface ScoredRow {
  readonly score: Score;
  readonly metric: Metric;
  readonly row: AccuracyRow;
}

const targetOf = ({ targets }: Score, metric: Metric): number | null =>
  (metric === 'tpot_ms' ? targets?.tpot : targets?.ttft) ?? null;

/** One row a metric; a metric that no cell of the score measured has none. */
export function rowsOf(score: Score): ScoredRow[] {
  const { block, name, outcome } = score;
  const summaries = outcome.state === 'scored' ? summariseErrors(outcome.errors) : {};
  return METRICS.flatMap((metric): ScoredRow[] => {
    const summary = summaries[metric];
    if (outcome.state === 'scored' && summary === undefined) return [];
    const row: AccuracyRow = {
      block: `${block} ${name}`,
      metric,
      ...figures(summary ?? null),
      target: targetOf(score, metric),
      refused: outcome.state === 'refused' ? outcome.reason : null,
    };
    return [{ score, metric, row }];
  });
}

/** `reached` or by how much not, of a row whose target is its mean error. */
export function mapeVerdict({ refused, mape, target }: AccuracyRow): string {
  if (refused !== null) return `refused: ${refused}`;
  if (target === null || mape === null) return '';
  const over = Number(mape.toFixed(1)) - target;
  return over > 0.049 ? `missed by ${over.toFixed(1)}` : 'reached';
}

const figures = (summary: ErrorSummary | null) => ({
  n: summary?.n ?? 0,
  mape: summary?.mape ?? null,
  median_ape: summary?.median_ape ?? null,
  p90_ape: summary?.p90_ape ?? null,
  bias: summary?.bias ?? null,
  coverage_90: summary?.coverage_90 ?? null,
});
