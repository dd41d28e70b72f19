import { type LatencyRow, type RowSource, rowsOf, type Site } from './next-rows.ts';
import { LATENCY_METRICS, type LatencyMetric } from './observations.ts';
import { EDGE_NAMES } from './problem.ts';

/** A latency that is asked for. */
export interface AskedRow extends LatencyRow {
  /** Variance of its logarithm by the fit's own covariance; null where that lacks a parameter, or there is no fit yet. */
  readonly fitted_variance: number | null;
  /** Half-width of its 90 % interval in standard deviations. */
  readonly factor: number;
}

/** Mean over the asked predictions of half their 90 % intervals' widths, relative (0.05 is 5 %); null: none has this metric. */
export type HalfWidths = Readonly<Record<LatencyMetric, number | null>>;

const EXACT = { ttft: 0, tpot: 0 };

export function askedOf(source: RowSource, sites: readonly Site[]): AskedRow[] {
  const { model, names, predictor } = source;
  // The priors' model has no data of its own: what is known then is the belief.
  const whole = model.degrees_of_freedom > 0 && names.every((name) => model.names.includes(name));
  const { interval_factors } = model.predictors[predictor];
  return sites.flatMap((site) =>
    rowsOf(source, site, EXACT).map((row) => ({
      ...row,
      fitted_variance: whole ? fittedVariance(source, row) : null,
      factor: interval_factors[row.metric],
    })),
  );
}

/** The fit's covariance may hold parameters that no cell in question depends on. */
function fittedVariance({ model, names }: RowSource, { slopes }: LatencyRow): number {
  const columns = [
    ...names.map((name) => model.names.indexOf(name)),
    ...EDGE_NAMES.map((_, k) => model.names.length + k),
  ];
  return columns.reduce(
    (sum, a, i) =>
      sum + columns.reduce((part, b, j) => part + slopes[i]! * model.covariance[a]![b]! * slopes[j]!, 0),
    0,
  );
}

/** @param variance of the logarithm of an asked latency, as far as the parameters decide it */
export function halfWidths(
  asked: readonly AskedRow[],
  variance: (row: AskedRow, index: number) => number,
): HalfWidths {
  const widths = asked.map((row, k) => ({
    metric: row.metric,
    width: Math.expm1(row.factor * Math.sqrt(variance(row, k) + row.missing_sd ** 2)),
  }));
  const mean = (metric: LatencyMetric): number | null => {
    const own = widths.filter((one) => one.metric === metric);
    return own.length === 0 ? null : own.reduce((sum, { width }) => sum + width, 0) / own.length;
  };
  return Object.fromEntries(LATENCY_METRICS.map((metric) => [metric, mean(metric)])) as unknown as HalfWidths;
}
