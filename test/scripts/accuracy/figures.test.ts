import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { inHull } from '../../../scripts/accuracy/hull.ts';
import { intervalFigures } from '../../../scripts/accuracy/intervals.ts';
import { rowsOf } from '../../../scripts/accuracy/rows.ts';
import { pooled, type Score, type ScoredError, type Targets } from '../../../scripts/accuracy/score.ts';
import { verdictOf } from '../../../scripts/accuracy/table.ts';
import type { Observation } from '../../../src/fit/observations.ts';

/** A cell of `predicted` ms where 100 ms were measured, with an interval of a fifth to either side. */
const error = (predicted: number, in_hull = true): ScoredError =>
  ({
    metric: 'tpot_ms',
    measured: 100,
    predicted,
    interval_90: [0.8 * predicted, 1.2 * predicted],
    error_percent: predicted - 100,
    in_hull,
  }) as unknown as ScoredError;

const scoreOf = (errors: readonly ScoredError[], targets: Targets | null = null): Score => ({
  block: 'G1',
  name: 'TP 4',
  kind: 'hold_out',
  targets,
  repeated: false,
  outcome: { state: 'scored', errors, baselines: [] },
});
const refusedScore: Score = { ...scoreOf([]), outcome: { state: 'refused', reason: 'one prompt length' } };

describe('a row', () => {
  test('holds the figures of its cells, and its target decides the verdict', () => {
    const [row] = rowsOf(scoreOf([error(110), error(94), error(130)], { tpot: 15, source: 'goal' }));
    expect(row!.row).toMatchObject({ block: 'G1 TP 4', metric: 'tpot_ms', n: 3, target: 15, refused: null });
    expect(row!.row.mape).toBeCloseTo(46 / 3);
    expect(row!.row.bias).toBeCloseTo(34 / 3);
    expect(row!.row.coverage_90).toBeCloseTo(200 / 3);
    expect(verdictOf(row!)).toBe('missed by 0.3');
  });

  test('may be held to its median instead', () => {
    const [row] = rowsOf(
      scoreOf([error(110), error(94), error(130)], { tpot: 10, source: 'goal', on: 'median' }),
    );
    expect(verdictOf(row!)).toBe('reached');
  });

  test('of a refused block says why, for both metrics', () => {
    const rows = rowsOf(refusedScore);
    expect(rows.map(({ row }) => row.metric)).toEqual(['tpot_ms', 'ttft_ms']);
    expect(rows[0]!.row).toMatchObject({ n: 0, mape: null, refused: 'one prompt length' });
    expect(verdictOf(rows[0]!)).toBe('refused: one prompt length');
  });
});

test('a pool is over the rows of all its parts, not over their means; refused parts are left out', () => {
  const all = pooled('all', [scoreOf([error(110)]), scoreOf([error(100), error(100)]), refusedScore], null);
  expect(rowsOf(all)[0]!.row.mape).toBeCloseTo(10 / 3);
  expect(rowsOf(pooled('all', [refusedScore], null))[0]!.row.refused).toBe('one prompt length');
});

test('intervals are pooled apart inside and beyond the hull; no cell counts twice', () => {
  const score = scoreOf([error(110), error(150), error(100, false)]);
  const figures = intervalFigures([score, pooled('all', [score], null), { ...score, kind: 'in_sample' }]);
  expect(figures.map(({ name, n, coverage }) => [name, n, coverage])).toEqual([
    ['inside the hull', 2, 50],
    ['beyond the hull', 1, 100],
  ]);
  const inside = figures[0]!;
  expect(inside.medianHalfWidth).toBeCloseTo(20);
  // Widths 44 and 60; the second interval begins at 120, 20 above what was measured.
  expect(inside.meanScore).toBeCloseTo((44 + 60 + 20 * 20) / 2);
});

test('a cell is inside where all its lengths, its load and its TP size are', () => {
  const cell = (input_tokens: number, concurrency: number, tensorParallel: number): Observation =>
    ({ input_tokens, output_tokens: 128, concurrency, engine: { tensorParallel } }) as Observation;
  const inside = inHull([cell(1024, 4, 2), cell(4096, 64, 8)]);
  expect(inside(cell(2048, 16, 4))).toBe(true);
  expect(inside(cell(8192, 16, 4))).toBe(false);
  expect(inside(cell(2048, 128, 4))).toBe(false);
  expect(inside(cell(2048, 16, 1))).toBe(false);
});

test('without the data it says that it was skipped, and its JSON is an empty list', async () => {
  const { stdout, stderr } = await execa('node', ['scripts/bench-accuracy.ts', '--json'], {
    env: { RIDGE_DATA: '/nowhere' },
    preferLocal: true,
  });
  expect(stdout).toBe('[]');
  expect(stderr).toContain('skipped: there is no /nowhere/aiconfigurator/silicon.csv');
});
