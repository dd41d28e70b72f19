import { type CellError, summariseErrors } from '../../../src/fit/errors.ts';
import { EFFECT_NAMES, type EffectName } from '../../../src/simulate/effects.ts';
import { type PaddedSizes, recoverPadded } from '../../recovery/padded-seed.ts';
import { readSuite } from '../../recovery/suite.ts';
import { type AccuracyRow, METRICS } from '../rows.ts';

export const PADDING_CODE = 'PD';
const SEEDS = 4;
/** Those before it were looked at while the method was made. */
const FIRST_UNSEEN_SEED = 41;

/** Cells of simulated devices that pad their steps, by fits that know the sizes, that have to find them, and that pad nothing. */
export function paddingRows(told: (row: AccuracyRow) => void): AccuracyRow[] {
  const suite = readSuite('suites/padding.yaml');
  const rows = (['doubling', 'linear'] as const).flatMap((sizes) =>
    ([[], EFFECT_NAMES] as const).flatMap((effects) => rowsWith(suite, effects, sizes)),
  );
  rows.forEach(told);
  return rows;
}

function rowsWith(
  suite: ReturnType<typeof readSuite>,
  effects: readonly EffectName[],
  sizes: PaddedSizes,
): AccuracyRow[] {
  const results = Array.from({ length: SEEDS }, (_, index) =>
    recoverPadded(suite, FIRST_UNSEEN_SEED + index, effects, sizes),
  );
  const found = results.filter(({ told }) => told).length;
  const where = `${sizes === 'doubling' ? '' : 'linear, '}${effects.length === 0 ? 'effects off' : 'effects on'}`;
  return [
    ...rowsOf(
      `${where}: sizes read`,
      results.flatMap(({ read }) => read.heldOut),
    ),
    ...rowsOf(
      `${where}: told by the staircase (${found} of ${SEEDS})`,
      results.flatMap(({ detected }) => detected.heldOut),
    ),
    ...rowsOf(
      `${where}: without padding`,
      results.flatMap(({ without }) => without.heldOut),
    ),
  ];
}

const NONE = { n: 0, mape: null, median_ape: null, p90_ape: null, bias: null, coverage_90: null };

function rowsOf(name: string, errors: readonly CellError[]): AccuracyRow[] {
  const summaries = summariseErrors(errors);
  return METRICS.map((metric) => ({
    block: `${PADDING_CODE} ${SEEDS} simulated padded H100, ${name}`,
    metric,
    ...(summaries[metric] ?? NONE),
    target: null,
    refused: null,
  }));
}
