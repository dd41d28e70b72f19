import { renderTable } from '../../../src/report/text-table.ts';
import { median, quantile, sortSample } from '../../../src/stats/sorted.ts';
import { type AccuracyRow, mapeVerdict } from '../rows.ts';
import type { PowerBlock } from './blocks.ts';
import type { PowerScore } from './scores.ts';

const percentOff = ({ predicted_w, measured_w }: PowerScore): number => 100 * (predicted_w / measured_w - 1);
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** A block as a row of the accuracy table. */
export function powerRow({ code, name, scores, target }: PowerBlock): AccuracyRow {
  const errors = scores.map(percentOff);
  const sizes = sortSample(errors.map(Math.abs))!;
  return {
    block: `${code} ${name}`,
    metric: 'power_w',
    n: scores.length,
    mape: mean(sizes),
    median_ape: median(sizes),
    p90_ape: quantile(sizes, 0.9),
    bias: mean(errors),
    coverage_90: mean(scores.map(({ z, half_width }) => (Math.abs(z) <= half_width ? 100 : 0))),
    target,
    refused: null,
  };
}

/** Every block of the power model, with simpler predictions beside it on the same cells. */
export function powerTable(blocks: readonly PowerBlock[]): string {
  const baselines = Object.keys(blocks[0]?.scores[0]?.baselines ?? {});
  const one = (value: number | null): string => (value === null ? '-' : value.toFixed(1));
  const table = renderTable({
    columns: [
      { title: 'power' },
      ...['n', 'MAPE', 'median', 'p90', 'bias', 'coverage', 'width', 'target'].map((title) => ({
        title,
        align: 'right' as const,
      })),
      { title: 'verdict' },
      ...baselines.map((title) => ({ title, align: 'right' as const })),
    ],
    rows: blocks.map((block) => {
      const row = powerRow(block);
      return [
        row.block,
        String(row.n),
        ...[row.mape, row.median_ape, row.p90_ape, row.bias, row.coverage_90, widthOf(block)].map(one),
        row.target === null ? '-' : String(row.target),
        mapeVerdict(row),
        ...baselines.map((name) => one(baselineError(block, name))),
      ];
    }),
  });
  return [table, ...blocks.flatMap(({ code, notes }) => notes.map((note) => `${code}: ${note}`))].join('\n');
}

/** Half-width of the 90 % intervals, median, percent. */
const widthOf = ({ scores }: PowerBlock): number | null =>
  median(sortSample(scores.map(({ half_width_percent }) => half_width_percent))!);

function baselineError({ scores }: PowerBlock, name: string): number | null {
  const errors = scores.flatMap(({ baselines, measured_w }) => {
    const predicted = baselines[name];
    return predicted == null ? [] : [Math.abs(100 * (predicted / measured_w - 1))];
  });
  return errors.length === 0 ? null : mean(errors);
}
