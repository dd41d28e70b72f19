import { formatNumber } from './format.ts';
import type { RoundState } from './round-text.ts';

/** What an adaptive run knew in its last round, and why that was the last; null: it was stopped before. */
export interface LastRound extends RoundState {
  readonly ended: 'goal' | 'budget' | 'no_cells' | null;
}

const METRICS = ['ttft_ms', 'tpot_ms'] as const;
const NAMES = { ttft_ms: 'TTFT', tpot_ms: 'TPOT' } as const;

/** Why no further round follows. */
export const HOW_ENDED: Readonly<Record<NonNullable<LastRound['ended']>, string>> = {
  goal: 'every goal is reached',
  budget: 'the time was spent',
  no_cells: 'no cell was left that would tell more',
};

/** How certain the asked predictions became: a line for each metric, with its goal and whether it was reached or by how much not. */
export function goalLines(last: LastRound): string[] {
  const { ended, round, fitted, goals_percent } = last;
  const why = ended === null ? `stopped in round ${round}` : HOW_ENDED[ended];
  const head = `${why}; mean 90 % half-widths of the asked predictions${fitted ? '' : ' (no fit yet: by the priors)'}:`;
  return [head, ...METRICS.flatMap((metric) => metricLine(metric, last)), ...almost(last, goals_percent)];
}

function metricLine(metric: (typeof METRICS)[number], last: LastRound): string[] {
  const width = last.half_width_percent[metric];
  const goal = last.goals_percent[metric];
  if (width === null && goal === undefined) return [];
  const known = `  ${NAMES[metric]} ${width === null ? 'unknown' : `±${formatNumber(width, 2)} %`}`;
  if (goal === undefined) return [`${known}, no goal`];
  return [`${known}, goal ${goal} %: ${outcome(width, goal, last.fitted)}`];
}

function outcome(width: number | null, goal: number, fitted: boolean): string {
  if (width === null) return 'no asked prediction has this metric';
  if (width > goal) return `not reached, ${formatNumber(width - goal, 2)} points too wide`;
  return fitted ? 'reached' : 'not reached, too few usable cells for a fit';
}

/** Widths that are narrow enough once, or by a fit to very few cells, may be so by chance. */
function almost(last: LastRound, goals: RoundState['goals_percent']): string[] {
  const asked = METRICS.filter((metric) => goals[metric] !== undefined);
  const within = asked.every((metric) => {
    const width = last.half_width_percent[metric];
    return width !== null && width <= goals[metric]!;
  });
  if (last.ended === 'goal' || !last.fitted || asked.length === 0 || !within) return [];
  return ['  counted as reached only after two rounds in a row, by a fit to enough cells'];
}
