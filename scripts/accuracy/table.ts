import { renderTable, type TableCell } from '../../src/report/text-table.ts';
import { median } from '../../src/stats/sorted.ts';
import { halfWidthPercent, type IntervalFigures } from './intervals.ts';
import type { ScoredRow } from './rows.ts';

const one = (value: number | null): string => (value === null ? '-' : value.toFixed(1));
const whole = (value: number | null): string => (value === null ? '-' : value.toFixed(0));

/** Figures are compared as they are printed. */
const rounded = (value: number): number => Number(value.toFixed(1));

/** `reached`, `missed by 1.2`, `refused: why`; blank where nothing was asked. */
export function verdictOf({ row, score }: ScoredRow): string {
  if (row.refused !== null) return `refused: ${row.refused}`;
  const figure = score.targets?.on === 'median' ? row.median_ape : row.mape;
  if (row.target === null || figure === null) return '';
  const over = rounded(figure) - row.target;
  return over > 0.049 ? `missed by ${over.toFixed(1)}` : 'reached';
}

const metricName = (metric: string): string => metric.replace('_ms', '').toUpperCase();

/** A row as it comes, for those who wait. */
export const lineOf = (each: ScoredRow): string => {
  const { row } = each;
  const figures = `n ${row.n}  MAPE ${one(row.mape)}  median ${one(row.median_ape)}  bias ${one(row.bias)}`;
  return `${row.block}  ${metricName(row.metric)}  ${row.refused === null ? figures : ''}  ${verdictOf(each)}`;
};

function halfWidth({ score, metric }: ScoredRow): number | null {
  if (score.outcome.state === 'refused') return null;
  return median(score.outcome.errors.filter((error) => error.metric === metric).map(halfWidthPercent));
}

/** The simpler model with the smallest mean error; marked where it beats the fit on the cells that it answered. */
function bestBaseline({ score, metric }: ScoredRow): string {
  if (score.outcome.state === 'refused') return '';
  const [best] = score.outcome.baselines
    .filter((each) => each.metric === metric && each.mape !== null)
    .sort((a, b) => a.mape! - b.mape!);
  if (!best) return '';
  return `${best.name} ${one(best.mape)}${best.wins ? ` WINS (fit ${one(best.fit_mape)})` : ''}`;
}

const target = ({ row, score }: ScoredRow): string =>
  row.target === null ? '-' : `${row.target} ${score.targets!.source}`;

/** Every row with its target and verdict. */
export function accuracyTable(rows: readonly ScoredRow[]): string {
  const number = (title: string) => ({ title, align: 'right' as const });
  return renderTable({
    columns: [
      { title: 'block' },
      { title: 'metric' },
      ...['n', 'MAPE', 'median', 'p90', 'bias', 'coverage', 'half-width'].map(number),
      { title: 'target' },
      { title: 'verdict' },
      { title: 'best simpler model' },
    ],
    rows: rows.map((each): TableCell[] => {
      const { row } = each;
      return [
        row.block,
        metricName(row.metric),
        String(row.n),
        ...[row.mape, row.median_ape, row.p90_ape, row.bias].map(one),
        whole(row.coverage_90),
        one(halfWidth(each)),
        target(each),
        verdictOf(each),
        bestBaseline(each),
      ];
    }),
  });
}

const LEAST_CELLS = 400;
const COVERED = [85, 95] as const;
const WIDEST = 2.5;

/** Pooled intervals; only those inside the hull have goals. */
export function intervalTable(figures: readonly IntervalFigures[]): string {
  return renderTable({
    columns: [
      { title: '90 % intervals' },
      { title: 'metric' },
      ...['n', 'coverage', 'median half-width', 'MAPE', 'ratio', 'interval score'].map((title) => ({
        title,
        align: 'right' as const,
      })),
      { title: 'verdict' },
    ],
    rows: figures.map((each) => [
      each.name,
      metricName(each.metric),
      String(each.n),
      one(each.coverage),
      one(each.medianHalfWidth),
      one(each.mape),
      (each.medianHalfWidth / each.mape).toFixed(2),
      one(each.meanScore),
      each.name === 'inside the hull' ? judged(each) : '',
    ]),
  });
}

function judged({ n, coverage, medianHalfWidth, mape }: IntervalFigures): string {
  const missed = [
    ...(n < LEAST_CELLS ? [`n below ${LEAST_CELLS}`] : []),
    ...(coverage < COVERED[0] || coverage > COVERED[1] ? ['coverage outside 85 to 95 %'] : []),
    ...(medianHalfWidth > WIDEST * mape ? ['wider than 2.5 x MAPE'] : []),
  ];
  return missed.length === 0 ? 'reached' : `missed: ${missed.join(', ')}`;
}
