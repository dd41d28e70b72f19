import stringWidth from 'string-width';
import type { Comparison } from '../cost/compare.ts';
import type { CompareRow } from '../cost/compare-row.ts';
import type { Origin } from '../cost/phase-source.ts';
import { formatNumber } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import { REPORT_COLUMNS } from '../report/wrap.ts';
import { type Ranked, right } from './compare-tables.ts';

/** Stands behind a name. */
const MARKS: Readonly<Record<Origin, string>> = {
  fit: '',
  carried_fit: ' ~',
  spec_sheet: ' ?',
  uniform_efficiency: ' =',
};

const nameOf = (row: CompareRow): string => `${row.name}${MARKS[row.origin]}`;
const interval = (ends: readonly [number, number] | undefined): string =>
  ends ? ends.map(endText).join(' to ') : '-';
/** In some draws the option, or the baseline, meets no objective: nothing is gained, or all. */
const endText = (end: number): string => (end > 0 && Number.isFinite(end) ? formatNumber(end) : 'unmet');

/** Whether the interval says that a row is better or worse than the baseline. */
function verdictOf({ uncertainty, name }: CompareRow, baseline: string): string {
  if (name === baseline) return 'baseline';
  if (uncertainty === null) return 'unknown';
  if (!uncertainty.excludes_one) return 'unclear';
  return uncertainty.benefit_90[0] > 1 ? 'better' : 'worse';
}

const FIGURES = [
  right('total', '$/Mtok'),
  right('input', '$/Mtok'),
  right('output', '$/Mtok'),
  right('gain', 'x'),
  right('90 %'),
  { title: 'verdict' },
] as const;

const figuresOf = (row: CompareRow, baseline: string) => [
  row.cost.total_usd_per_mtok,
  row.cost.split.input_usd_per_mtok,
  row.cost.split.output_usd_per_mtok,
  row.benefit,
  row.name === baseline ? '-' : interval(row.uncertainty?.benefit_90),
  verdictOf(row, baseline),
];

/** What options cost; names that are too long for a line beside their figures stand above them. */
export function costTable(rows: readonly Ranked[], { baseline }: Comparison, style: Style): string {
  const beside = renderTable({
    style,
    columns: [right('#'), { title: 'prefill::decode' }, ...FIGURES],
    rows: rows.map(({ rank, row }) => [rank, nameOf(row), ...figuresOf(row, baseline)]),
  });
  if (beside.split('\n').every((line) => stringWidth(line) <= REPORT_COLUMNS)) return beside;
  const numbered = Math.max(...rows.map(({ rank }) => rank.length));
  const [titles, units, ...figures] = renderTable({
    style,
    columns: [...FIGURES],
    rows: rows.map(({ row }) => figuresOf(row, baseline)),
  })
    .split('\n')
    .map((line) => `${' '.repeat(numbered + 2)}${line}`);
  return [
    style.bold(`${'#'.padStart(numbered)}  prefill::decode`),
    titles,
    units,
    ...rows.flatMap(({ rank, row }, index) => [
      `${rank.padStart(numbered)}  ${nameOf(row)}`,
      figures[index]!,
    ]),
  ].join('\n');
}
