import { type CellError, summariseErrors } from '../../../src/fit/errors.ts';
import { EFFECT_NAMES } from '../../../src/simulate/effects.ts';
import { ONE_CELL_MAPE } from '../../recovery/judge-cell.ts';
import {
  besideSuite,
  type CellResult,
  FIRST_UNSEEN_SEED,
  type JudgingSuites,
} from '../../recovery/one-cell.ts';
import { readSuite } from '../../recovery/suite.ts';
import { type AccuracyRow, METRICS, type Metric } from '../rows.ts';

export const ONE_CELL_CODE = 'C1';
const SEEDS = 20;

/**
 * Cells of simulated devices with all effects, predicted by a fit from the engine's steps in one cell of
 * suites/tomography.yaml; last, by a fit of the cells of suites/roofline.yaml, which has seen most of its own.
 */
export function oneCellRows(told: (row: AccuracyRow) => void): AccuracyRow[] {
  const tomography = readSuite('suites/tomography.yaml');
  const suites: JudgingSuites = {
    roofline: readSuite('suites/roofline.yaml'),
    unseen: readSuite('suites/quick.yaml'),
  };
  const results = Array.from({ length: SEEDS }, (_, index) =>
    besideSuite(tomography, suites, FIRST_UNSEEN_SEED + index, EFFECT_NAMES),
  );
  const rows = rowsOfResults(results);
  rows.forEach(told);
  return rows;
}

export function rowsOfResults(results: readonly CellResult[]): AccuracyRow[] {
  const unfitted = results.filter(({ oneCell }) => oneCell.fit === null).length;
  const refused = unfitted > 0 ? `${unfitted} of ${results.length} cells gave no fit` : null;
  const rows = (name: string, read: (result: CellResult) => readonly CellError[], asked: boolean) =>
    rowsOf(
      `${ONE_CELL_CODE} ${results.length} simulated H100, ${name}`,
      results.flatMap(read),
      refused,
      asked,
    );
  return [
    ...rows("one cell: roofline.yaml's", ({ oneCell }) => oneCell.roofline, true),
    ...rows('one cell: cells of neither suite', ({ oneCell }) => oneCell.unseen, false),
    ...rows('roofline.yaml: cells of neither suite', ({ suite }) => suite.unseen, false),
  ];
}

const NONE = { n: 0, mape: null, median_ape: null, p90_ape: null, bias: null, coverage_90: null };

function rowsOf(
  block: string,
  errors: readonly CellError[],
  refused: string | null,
  asked: boolean,
): AccuracyRow[] {
  const summaries = summariseErrors(errors);
  return METRICS.map((metric: Metric) => ({
    block,
    metric,
    ...(summaries[metric] ?? NONE),
    target: asked ? ONE_CELL_MAPE[metric] : null,
    refused,
  }));
}
