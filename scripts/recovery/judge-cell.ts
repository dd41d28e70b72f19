import { type ErrorSummaries, summariseErrors } from '../../src/fit/errors.ts';
import type { Verdict } from './judge.ts';
import type { CellResult, DeviceFit } from './one-cell.ts';

const LONGEST_CELL_S = 300;
const COVERAGE = [80, 97] as const;
/** Largest mean errors of predictions by a fit from one cell, percent. */
export const ONE_CELL_MAPE = { tpot_ms: 5, ttft_ms: 10 } as const;
type Judged = keyof typeof ONE_CELL_MAPE;

/** How parameters have to come back from one cell of devices that are what the model says. */
export function judgeRecovery(clean: readonly DeviceFit[]): Verdict[] {
  const identified = clean.flatMap(({ recovered }) =>
    recovered.filter(({ state }) => state === 'identified'),
  );
  const inside = identified.filter((one) => one.inside).length;
  const coverage = (100 * inside) / identified.length;
  const longest = Math.max(...clean.map(({ cellSeconds }) => cellSeconds));
  return [
    {
      target: `the cell takes at most ${LONGEST_CELL_S} s`,
      seen: `${longest.toFixed(0)} s`,
      pass: longest <= LONGEST_CELL_S,
    },
    everyCellFits(clean),
    {
      target: `effects off: ${COVERAGE.join(' to ')} % of the parameters' 90 % intervals contain the truth`,
      seen: `${coverage.toFixed(1)} % of ${identified.length}`,
      pass: coverage >= COVERAGE[0] && coverage <= COVERAGE[1],
    },
  ];
}

function everyCellFits(fits: readonly DeviceFit[]): Verdict {
  const unfitted = fits.filter(({ fit }) => fit === null);
  const why = unfitted.map(({ seed, leftOut }) => `, seed ${seed}: ${leftOut.join(' ')}`).join('');
  return {
    target: 'every cell gives a fit',
    seen: `${unfitted.length} of ${fits.length} do not${why}`,
    pass: unfitted.length === 0,
  };
}

/** How well a fit from one cell has to predict other cells of devices that do more than the model says. */
export function judgePredictions(real: readonly CellResult[]): Verdict[] {
  const errors = summariseErrors(real.flatMap(({ oneCell }) => oneCell.roofline));
  return [
    everyCellFits(real.map(({ oneCell }) => oneCell)),
    ...(Object.keys(ONE_CELL_MAPE) as Judged[]).map((metric) => mapeVerdict(errors, metric)),
  ];
}

function mapeVerdict(errors: ErrorSummaries, metric: Judged): Verdict {
  const mape = errors[metric]?.mape ?? Number.NaN;
  return {
    target: `effects on: ${metric} of the other suite's cells within ${ONE_CELL_MAPE[metric]} % in the mean`,
    seen: `${mape.toFixed(2)} % of ${errors[metric]?.n ?? 0}`,
    pass: mape <= ONE_CELL_MAPE[metric],
  };
}
