import type { HalfWidths } from '../fit/next-asked.ts';
import type { NextCell } from '../fit/next-cells.ts';
import type { TargetCandidate } from '../fit/next-sites.ts';
import { counted } from '../plural.ts';
import { formatDuration, formatNumber } from '../report/format.ts';
import { withoutUnit } from '../report/parameter-name.ts';
import type { Style } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import type { NextSubject } from './next-subject.ts';
import type { NextCells } from './plan-next-cells.ts';

type Chosen = NextCell<TargetCandidate>;

const secondsOf = (cells: readonly Chosen[]): number =>
  cells.reduce((sum, { candidate }) => sum + candidate.seconds, 0);

/** The chosen cells for people. @param width columns of the terminal; undefined: the table has no limit */
export function nextText(
  { cells, asked }: NextCells,
  said: string | null,
  style: Style,
  width: number | undefined,
): string {
  if (cells.length === 0) return 'no cell is left that these targets take and the fit lacks';
  const head = `${counted(cells.length, 'cell')}, about ${formatDuration(secondsOf(cells))}; 90 % half-widths are means over ${counted(asked, 'prediction')}, before and after each cell`;
  return [
    ...(said === null ? [] : [wrapLines(said, REPORT_COLUMNS)]),
    style.bold(wrapLines(head, Math.min(width ?? REPORT_COLUMNS, REPORT_COLUMNS))),
    renderTable({
      columns: [
        { title: 'TP', align: 'right' },
        { title: 'in, out', unit: 'tokens', align: 'right' },
        { title: 'streams', align: 'right' },
        { title: 'time', unit: 's', align: 'right' },
        { title: 'TTFT', unit: '± %', align: 'right' },
        { title: 'TPOT', unit: '± %', align: 'right' },
        { title: 'narrows most' },
        { title: 'error', unit: '± %', align: 'right' },
      ],
      rows: cells.map(({ candidate: { cell, engine, seconds }, narrows, before, after }) => [
        String(engine.tensorParallel),
        `${cell.input_tokens}, ${cell.output_tokens}`,
        String(cell.concurrency),
        formatNumber(seconds, 2),
        falls(before.ttft, after.ttft),
        falls(before.tpot, after.tpot),
        withoutUnit(narrows.parameter),
        falls(narrows.before, narrows.after),
      ]),
      style,
      ...(width === undefined ? {} : { width }),
    }),
  ].join('\n');
}

const percent = (share: number | null): string => (share === null ? '-' : formatNumber(share * 100, 2));

const falls = (before: number | null, after: number | null): string =>
  before === null ? '-' : `${percent(before)} to ${percent(after)}`;

/** The chosen cells as data; half-widths in percent, a parameter's error is the standard deviation of its logarithm. */
export const nextJson = ({ about }: NextSubject, { cells, asked, conditions }: NextCells) => ({
  ...about,
  asked_predictions: asked,
  protocol: conditions.protocol,
  stop: conditions.stop,
  minutes: secondsOf(cells) / 60,
  cells: cells.map(({ candidate, narrows, before, after }) => ({
    target: candidate.target,
    tensor_parallel: candidate.engine.tensorParallel,
    ...candidate.cell,
    minutes: candidate.seconds / 60,
    narrows: { parameter: narrows.parameter, log_sd_before: narrows.before, log_sd_after: narrows.after },
    half_width_90_percent: {
      ttft_ms: pair('ttft', before, after),
      tpot_ms: pair('tpot', before, after),
    },
  })),
});

const pair = (metric: keyof HalfWidths, before: HalfWidths, after: HalfWidths) => {
  const [from, to] = [before[metric], after[metric]];
  return from === null || to === null ? null : { before: from * 100, after: to * 100 };
};
