import { expect, test } from 'vitest';
import { rowsOfResults } from '../../../scripts/accuracy/blocks/one-cell.ts';
import { mapeVerdict } from '../../../scripts/accuracy/rows.ts';
import type { CellResult, DeviceFit, Predicted } from '../../../scripts/recovery/one-cell.ts';
import type { CellError } from '../../../src/fit/errors.ts';

const error = (metric: 'ttft_ms' | 'tpot_ms', percent: number): CellError =>
  ({
    metric,
    measured: 100,
    predicted: 100 + percent,
    interval_90: [90, 110],
    error_percent: percent,
  }) as unknown as CellError;

const side = (percents: readonly number[], fit: unknown = {}): DeviceFit & Predicted => ({
  seed: 21,
  fit: fit as DeviceFit['fit'],
  recovered: [],
  cellSeconds: 180,
  fitSeconds: 1,
  leftOut: [],
  roofline: percents.flatMap((percent) => [error('tpot_ms', percent), error('ttft_ms', 2 * percent)]),
  unseen: percents.map((percent) => error('tpot_ms', percent / 2)),
});

const result = (percents: readonly number[], fit?: unknown): CellResult => ({
  oneCell: side(percents, fit),
  suite: side([1]),
});

test('the goals are those of cells of the other suite; cells of neither stand beside those of its own fit', () => {
  const rows = rowsOfResults([result([4, -8]), result([6])]);
  expect(rows.map(({ target, mape }) => [target, mape])).toEqual([
    [5, 6],
    [10, 12],
    [null, 3],
    [null, null],
    [null, 0.5],
    [null, null],
  ]);
  expect(mapeVerdict(rows[0]!)).toBe('missed by 1.0');
  expect(mapeVerdict(rows[1]!)).toBe('missed by 2.0');
  expect(mapeVerdict(rows[2]!)).toBe('');
});

test('a cell that gave no fit is no figure', () => {
  const [row] = rowsOfResults([result([1]), result([], null)]);
  expect(mapeVerdict(row!)).toBe('refused: 1 of 2 cells gave no fit');
});
