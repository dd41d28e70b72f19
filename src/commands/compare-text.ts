import type { CompareQuestion, Comparison } from '../cost/compare.ts';
import type { CompareRow } from '../cost/compare-row.ts';
import { formatNumber } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { tornadoText } from '../report/tornado-text.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import { costTable } from './compare-cost-table.ts';
import { headLines } from './compare-head.ts';
import { latencyLines, latencyTables } from './compare-latencies.ts';
import { footLines } from './compare-notes.ts';
import { budgetTable, planTable, type Ranked, ratioTable } from './compare-tables.ts';
import { mostTold, tornadoRows } from './compare-tornado.ts';

/** Inputs that are printed; the chart and the JSON hold all. */
const MOST_INPUTS = 6;

/** Controls of either kind that always stand beside the pairs. */
const CONTROLS = 3;

/** The rows that are printed: the first ones, the baseline, and the best of aggregated and of homogeneous serving. */
export function shownRows({ rows, baseline }: Comparison, top: number): CompareRow[] {
  const aggregated = rows.filter(({ kind }) => kind === 'aggregated').slice(0, CONTROLS);
  const alike = rows.filter((row) => row.kind === 'pair' && row.prefill === row.decode).slice(0, CONTROLS);
  const controls = new Set([...aggregated, ...alike]);
  return rows.filter((row, rank) => rank < top || row.name === baseline || controls.has(row));
}

/** A comparison for people. */
export function comparisonText(
  comparison: Comparison,
  question: CompareQuestion,
  top: number,
  style: Style,
): string {
  const rows = shownRows(comparison, top);
  const ranked = rows.map((row): Ranked => ({ rank: `${comparison.rows.indexOf(row) + 1}`, row }));
  const left = comparison.rows.length - rows.length;
  return [
    ...headLines(question).map((line) => wrapLines(line, REPORT_COLUMNS)),
    '',
    costTable(ranked, comparison, style),
    '',
    ...(question.budget ? [budgetTable(ranked, question.budget, style), ''] : []),
    planTable(ranked, question, style),
    '',
    ...latencyTables(ranked, question, style).flatMap((table) => [table, '']),
    ...(rows.some(({ ratio }) => ratio !== null) ? [ratioTable(ranked, style), ''] : []),
    ...tornadoLines(comparison, style),
    ...[...latencyLines(ranked), ...footLines(comparison, rows, left)].map((line) =>
      wrapLines(line, REPORT_COLUMNS),
    ),
  ].join('\n');
}

/** What moves the gain of the best option, as a tornado. */
function tornadoLines({ rows, baseline }: Comparison, style: Style): string[] {
  const best = mostTold(rows, baseline);
  if (best === undefined) return [];
  const moved = tornadoRows(best);
  return [
    wrapLines(
      `what moves the gain of ${best.name}, ${formatNumber(best.benefit!)}, its plan kept:`,
      REPORT_COLUMNS,
    ),
    tornadoText(moved.slice(0, MOST_INPUTS), best.benefit!, style),
    '',
  ];
}
