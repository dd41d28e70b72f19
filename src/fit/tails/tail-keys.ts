import { TAIL_METRICS, TAIL_QUANTILES, type TailMetric } from '../../roofline/tails.ts';

type Percent = 50 | 90 | 95 | 99;
/** Percentiles of latencies as objectives and fit files name them: `tbt_p99_ms`. */
export type TailKey = `${TailMetric}_p${Percent}_ms`;

export const tailKey = (metric: TailMetric, q: number): TailKey =>
  `${metric}_p${Math.round(100 * q) as Percent}_ms`;

export const TAIL_KEYS: readonly TailKey[] = TAIL_METRICS.flatMap((metric) =>
  TAIL_QUANTILES.map((q) => tailKey(metric, q)),
);

/** The metric of a key, and the place of its quantile in TAIL_QUANTILES. */
export function partsOf(key: TailKey): { readonly metric: TailMetric; readonly quantile: number } {
  const [metric, percent] = key.split('_') as [TailMetric, string];
  return { metric, quantile: TAIL_QUANTILES.findIndex((q) => percent === `p${Math.round(100 * q)}`) };
}
