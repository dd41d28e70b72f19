import { renderTable } from '../../src/report/text-table.ts';
import { type AccuracyRow, mapeVerdict } from './rows.ts';

const one = (value: number | null): string => (value === null ? '-' : value.toFixed(1));

export const simulatedLine = (row: AccuracyRow): string =>
  `${row.block}  ${row.metric}  n ${row.n}  MAPE ${one(row.mape)}  median ${one(row.median_ape)}  bias ${one(row.bias)}  ${mapeVerdict(row)}`;

/** Rows of devices that are simulated, whose truth is known. */
export const simulatedTable = (rows: readonly AccuracyRow[]): string =>
  renderTable({
    columns: [
      { title: 'simulated' },
      { title: 'metric' },
      ...['n', 'MAPE', 'median', 'p90', 'bias', 'coverage', 'target'].map((title) => ({
        title,
        align: 'right' as const,
      })),
      { title: 'verdict' },
    ],
    rows: rows.map((row) => [
      row.block,
      row.metric.replace('_ms', '').toUpperCase(),
      String(row.n),
      ...[row.mape, row.median_ape, row.p90_ape, row.bias, row.coverage_90].map(one),
      row.target === null ? '-' : String(row.target),
      mapeVerdict(row),
    ]),
  });
