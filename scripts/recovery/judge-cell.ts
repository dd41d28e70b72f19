import { type ErrorSummaries, summariseErrors } from '../../src/fit/errors.ts';
import type { Verdict } from './judge.ts';
import type { CellResult } from './one-cell.ts';

const LONGEST_CELL_S = 300;
const LARGEST_MAPE = { tpot_ms: 5, ttft_ms: 10 } as const;
const COVERAGE = [80, 97] as const;

/** The targets of a fit from one cell: intervals with the effects off, predictions with them on. */
export function judgeCells(clean: readonly CellResult[], real: readonly CellResult[]): Verdict[] {
  const identified = clean.flatMap(({ recovered }) =>
    recovered.filter(({ state }) => state === 'identified'),
  );
  const inside = identified.filter((one) => one.inside).length;
  const coverage = (100 * inside) / identified.length;
  const errors = summariseErrors(real.flatMap(({ others }) => others));
  const longest = Math.max(...[...clean, ...real].map(({ cellSeconds }) => cellSeconds));
  const unfitted = [...clean, ...real].filter(({ leftOut }) => leftOut.length > 0);
  return [
    {
      target: `the cell takes at most ${LONGEST_CELL_S} s`,
      seen: `${longest.toFixed(0)} s`,
      pass: longest <= LONGEST_CELL_S,
    },
    {
      target: 'every cell gives a fit',
      seen: `${unfitted.length} of ${clean.length + real.length} do not${unfitted.map(({ seed, leftOut }) => `, seed ${seed}: ${leftOut.join(' ')}`).join('')}`,
      pass: unfitted.length === 0,
    },
    {
      target: `effects off: ${COVERAGE.join(' to ')} % of the parameters' 90 % intervals contain the truth`,
      seen: `${coverage.toFixed(1)} % of ${identified.length}`,
      pass: coverage >= COVERAGE[0] && coverage <= COVERAGE[1],
    },
    ...(Object.keys(LARGEST_MAPE) as (keyof typeof LARGEST_MAPE)[]).map((metric) =>
      mapeVerdict(errors, metric),
    ),
  ];
}

function mapeVerdict(errors: ErrorSummaries, metric: keyof typeof LARGEST_MAPE): Verdict {
  const mape = errors[metric]?.mape ?? Number.NaN;
  return {
    target: `effects on: ${metric} of the other suite's cells within ${LARGEST_MAPE[metric]} % in the mean`,
    seen: `${mape.toFixed(2)} % of ${errors[metric]?.n ?? 0}`,
    pass: mape <= LARGEST_MAPE[metric],
  };
}
