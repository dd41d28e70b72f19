import { formatNumber } from './format.ts';

/** What an adaptive run knows before a round, see `RunEvent`. */
export interface RoundState {
  readonly round: number;
  readonly fitted: boolean;
  readonly half_width_percent: { readonly ttft_ms: number | null; readonly tpot_ms: number | null };
  readonly goals_percent: { readonly ttft_ms?: number | undefined; readonly tpot_ms?: number | undefined };
}

const NAMES = { ttft_ms: 'TTFT', tpot_ms: 'TPOT' } as const;

/** `round 3: TTFT ±8.1 % (goal 10), TPOT ±5.2 % (goal 5)`; before the first fit it says so. */
export function roundText({ round, fitted, half_width_percent, goals_percent }: RoundState): string {
  const widths = (['ttft_ms', 'tpot_ms'] as const).map((metric) => {
    const goal = goals_percent[metric];
    const now = `${NAMES[metric]} ±${formatNumber(half_width_percent[metric], 2)} %`;
    return goal === undefined ? now : `${now} (goal ${goal})`;
  });
  return `round ${round}: ${widths.join(', ')}${fitted ? '' : ', no fit yet'}`;
}
