import type { CompareQuestion } from '../cost/compare.ts';
import type { PlanLatency } from '../cost/plan-latencies.ts';
import { formatNumber } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import { type Ranked, right } from './compare-tables.ts';

/** Intervals that stand side by side in 80 columns. */
const COLUMNS_A_TABLE = 4;

const intervalText = ({ interval_90_ms }: PlanLatency): string => {
  if (interval_90_ms === null) return '-';
  const [low, high] = interval_90_ms;
  return high === null ? `${formatNumber(low)} or more` : `${formatNumber(low)} to ${formatNumber(high)}`;
};

/** `TTFT p99` of `ttft_p99_ms`. */
const titleOf = (key: string): string => {
  const [metric, statistic] = key.split('_');
  return `${metric!.toUpperCase()} ${statistic}`;
};

const hasInterval = ({ row }: Ranked): boolean =>
  row.latencies.some(({ interval_90_ms }) => interval_90_ms !== null);

/** 90 % intervals of what each plan has of the objectives; none where nothing is known of any. */
export function latencyTables(
  rows: readonly Ranked[],
  { objectives }: CompareQuestion,
  style: Style,
): string[] {
  if (!rows.some(hasInterval)) return [];
  const starts = objectives.map((_, index) => index).filter((index) => index % COLUMNS_A_TABLE === 0);
  return starts.map((start) =>
    renderTable({
      style,
      columns: [
        right('#'),
        ...objectives.slice(start, start + COLUMNS_A_TABLE).map(({ key }) => right(titleOf(key), 'ms, 90 %')),
      ],
      rows: rows.map(({ rank, row }) => [
        rank,
        ...row.latencies.slice(start, start + COLUMNS_A_TABLE).map(intervalText),
      ]),
    }),
  );
}

/** What the intervals are, and where they leave a limit open. */
export function latencyLines(rows: readonly Ranked[]): string[] {
  const all = rows.flatMap(({ row }) => row.latencies);
  const isUnknown = ({ key, interval_90_ms }: PlanLatency): boolean =>
    interval_90_ms === null && !key.includes('_mean_');
  if (!rows.some(hasInterval)) {
    return all.some(isUnknown)
      ? ['percentiles have no interval: the cells of no fit here measured them, or lie too far away']
      : [];
  }
  return [
    'latencies, 90 %: of each plan as it stands; a limit inside is met by the central values, not surely',
    ...(all.some(isUnknown)
      ? ['-: no fit of the device has cells that measured that percentile, or they lie too far away']
      : []),
  ];
}
