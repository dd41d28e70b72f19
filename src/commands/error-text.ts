import { PREDICTORS } from '../fit/cell-model.ts';
import type { CellError, ErrorSummaries } from '../fit/errors.ts';
import { METRIC_KEYS } from '../fit/predictive.ts';
import type { PredictorSummaries } from '../fit/validate.ts';
import type { Fit } from '../fitfile/schema.ts';
import { formatNumber, formatTokens } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { renderTable, type TableCell } from '../report/text-table.ts';
import { REPORT_COLUMNS } from '../report/wrap.ts';

export const SHORT: Readonly<Record<CellError['metric'], string>> = {
  ttft_ms: 'TTFT ms',
  tpot_ms: 'TPOT ms',
  e2e_ms: 'E2E ms',
  output_tokens_per_s: 'tokens/s',
};

const COLUMNS = [
  { title: 'metric' },
  { title: 'n', align: 'right' },
  { title: 'MAPE', unit: '%', align: 'right' },
  { title: 'median', unit: '%', align: 'right' },
  { title: 'p90', unit: '%', align: 'right' },
  { title: 'bias', unit: '%', align: 'right' },
  { title: 'in 90 %', unit: '%', align: 'right' },
] as const;

const summaryRows = (errors: ErrorSummaries): TableCell[][] =>
  METRIC_KEYS.flatMap((metric) => {
    const one = errors[metric];
    if (!one) return [];
    const { n, mape, median_ape, p90_ape, bias, coverage_90 } = one;
    return [[SHORT[metric], String(n), mape, median_ape, p90_ape, bias, formatNumber(coverage_90, 2)]];
  });

const PREDICTOR_NAMES = { scheduler: 'scheduler', closed_form: 'closed form' } as const;

/** Errors of both serving models, one row a metric. */
export const predictorTable = (errors: PredictorSummaries, style: Style): string =>
  renderTable({
    columns: [{ title: 'predicted by' }, ...COLUMNS],
    rows: PREDICTORS.flatMap((predictor) =>
      summaryRows(errors[predictor]).map((row) => [PREDICTOR_NAMES[predictor], ...row]),
    ),
    style,
  });

export const UNSEEN = { shape: 'each shape unseen', tp: 'each TP unseen', load: 'top load unseen' } as const;

/** Errors of a fit by the scheduler on the cells that it saw and on those that it did not. */
export function errorTable({ in_sample, hold_out, blocked }: Fit['validation'], style: Style): string {
  const blocks: [string, ErrorSummaries | undefined][] = [
    ['seen', in_sample.errors.scheduler],
    ['hold-out', hold_out?.errors.scheduler],
    ...blocked.map(({ kind, errors }): [string, ErrorSummaries] => [UNSEEN[kind], errors.scheduler]),
  ];
  const rows = blocks.flatMap(([name, errors]) =>
    errors ? summaryRows(errors).map((row) => [name, ...row]) : [],
  );
  return renderTable({ columns: [{ title: 'cells' }, ...COLUMNS], rows, style });
}

/** Predicted beside measured with its own 90 % half-width (`±`), one row a metric of a cell; 80 columns or fewer. */
export function holdOutTable(cells: readonly CellError[], style: Style): string {
  return renderTable({
    columns: [
      { title: 'target' },
      { title: 'in/out', align: 'right' },
      { title: 'C', align: 'right' },
      { title: 'metric' },
      { title: 'measured', align: 'right' },
      { title: '±', unit: '%', align: 'right' },
      { title: 'predicted', align: 'right' },
      { title: '90 %', align: 'right' },
      { title: 'error', unit: '%', align: 'right' },
    ],
    rows: cells.map((cell) => [
      cell.target,
      `${formatTokens(cell.input_tokens)}/${formatTokens(cell.output_tokens)}`,
      String(cell.concurrency),
      SHORT[cell.metric],
      formatNumber(cell.measured, 4),
      formatNumber(cell.measured_half_width_90_percent, 2),
      formatNumber(cell.predicted, 4),
      cell.interval_90.map((end) => formatNumber(end, 3)).join('–'),
      formatNumber(cell.error_percent, 2),
    ]),
    style,
    width: REPORT_COLUMNS,
  });
}
