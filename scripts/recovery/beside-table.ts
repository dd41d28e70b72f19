import { type CellError, summariseErrors } from '../../src/fit/errors.ts';
import { renderTable, type TableCell } from '../../src/report/text-table.ts';
import { median } from '../../src/stats/sorted.ts';
import type { CellResult, DeviceFit, Predicted } from './one-cell.ts';

type Side = DeviceFit & Predicted;

/** An error in percent, and how many of a hundred 90 % intervals contain what they should. */
type Figures = readonly [error: number | null, inside: number | null];

/** What fits from one cell and fits of a suite of cells know of the same devices: parameters against the truth, then predictions. */
export function besideTable(results: readonly CellResult[]): string {
  const sides = [results.map(({ oneCell }) => oneCell), results.map(({ suite }) => suite)];
  const row = (what: string, figuresOf: (fits: readonly Side[]) => Figures): TableCell[] => [
    what,
    ...sides.flatMap(figuresOf),
  ];
  const names = results.flatMap(({ oneCell }) => oneCell.recovered.map(({ name }) => name));
  return renderTable({
    columns: [
      { title: 'error' },
      ...['one cell', 'inside', 'the suite', 'inside'].map((title) => ({
        title,
        unit: '%',
        align: 'right' as const,
      })),
    ],
    rows: [
      ...[...new Set(names)].map((name) => row(`${name}, median`, (fits) => ofParameter(fits, name))),
      ...METRICS.map((metric) =>
        row(`${nameOf(metric)} of the suite’s cells, mean`, (fits) =>
          ofMetric(
            fits.flatMap(({ roofline }) => roofline),
            metric,
          ),
        ),
      ),
      ...METRICS.map((metric) =>
        row(`${nameOf(metric)} of cells of neither, mean`, (fits) =>
          ofMetric(
            fits.flatMap(({ unseen }) => unseen),
            metric,
          ),
        ),
      ),
    ],
  });
}

const METRICS = ['tpot_ms', 'ttft_ms'] as const;
const nameOf = (metric: (typeof METRICS)[number]): string => metric.replace('_ms', '').toUpperCase();

function ofParameter(fits: readonly Side[], name: string): Figures {
  const all = fits.flatMap(({ recovered }) => recovered.filter((one) => one.name === name));
  const inside = all.filter((one) => one.inside).length;
  return [median(all.map(({ ratio }) => 100 * Math.abs(ratio - 1))), (100 * inside) / all.length];
}

function ofMetric(errors: readonly CellError[], metric: (typeof METRICS)[number]): Figures {
  const summary = summariseErrors(errors)[metric];
  return [summary?.mape ?? null, summary?.coverage_90 ?? null];
}

/** How long either takes to measure. */
export function measuringText(results: readonly CellResult[]): string {
  const mean = (seconds: readonly number[]): string =>
    (seconds.reduce((sum, each) => sum + each, 0) / seconds.length).toFixed(0);
  const [one, suite] = [
    mean(results.map(({ oneCell }) => oneCell.cellSeconds)),
    mean(results.map((result) => result.suite.cellSeconds)),
  ];
  return `measured in ${one} s (one cell) and ${suite} s (the suite)`;
}
