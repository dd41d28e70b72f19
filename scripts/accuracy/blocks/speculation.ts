import { type CellError, summariseErrors } from '../../../src/fit/errors.ts';
import { EFFECT_NAMES } from '../../../src/simulate/effects.ts';
import { recoverSpeculative } from '../../recovery/speculative-seed.ts';
import { SPECULATIVE_SUITES } from '../../recovery/speculative-table.ts';
import { type AccuracyRow, METRICS } from '../rows.ts';

export const SPECULATION_CODE = 'SD';
const SEEDS = 8;
/** Those before it were looked at while the model was made. */
const FIRST_UNSEEN_SEED = 41;

/**
 * Cells of simulated devices with all effects that propose tokens, predicted by a fit of cells without and with other numbers of
 * them; and cells of cached prompts, of which the fit saw none.
 */
export function speculationRows(told: (row: AccuracyRow) => void): AccuracyRow[] {
  const results = Array.from({ length: SEEDS }, (_, index) =>
    recoverSpeculative(SPECULATIVE_SUITES, FIRST_UNSEEN_SEED + index, EFFECT_NAMES),
  );
  const rows = [
    ...rowsOf(
      'unseen number of proposed tokens',
      results.flatMap(({ speculative }) => speculative),
    ),
    ...rowsOf(
      'cached prompts, none seen',
      results.flatMap(({ cached }) => cached),
    ),
  ];
  rows.forEach(told);
  return rows;
}

const NONE = { n: 0, mape: null, median_ape: null, p90_ape: null, bias: null, coverage_90: null };

function rowsOf(name: string, errors: readonly CellError[]): AccuracyRow[] {
  const summaries = summariseErrors(errors);
  return METRICS.map((metric) => ({
    block: `${SPECULATION_CODE} ${SEEDS} simulated H100, ${name}`,
    metric,
    ...(summaries[metric] ?? NONE),
    target: null,
    refused: null,
  }));
}
