import type { LatencyTails } from '../../roofline/tails.ts';
import type { Observation } from '../observations.ts';
import { partsOf, TAIL_KEYS } from './tail-keys.ts';
import type { TailMiss } from './tail-model.ts';

/** Fewer cells say too little about what one more will miss. */
const FEWEST_CELLS = 4;
/** No percentile is known better than the simulated requests tell it. */
const LEAST = 0.01;
/** Numbers that were learnt from the same cells. */
const LEARNT = 2;

/** How far each percentile is off over cells, where enough of them measured it. */
export function missesOf(
  predicted: readonly { readonly observation: Observation; readonly tails: LatencyTails }[],
): TailMiss[] {
  return TAIL_KEYS.flatMap((key): TailMiss[] => {
    const { metric, quantile } = partsOf(key);
    const missed = predicted.flatMap(({ observation, tails }) => {
      const measured = observation.tails?.[key];
      const value = tails[metric]?.quantiles[quantile];
      return measured === undefined || value === undefined ? [] : [Math.abs(Math.log(value / measured))];
    });
    const cells = missed.length;
    if (cells < FEWEST_CELLS) return [];
    const sorted = missed.sort((a, b) => a - b);
    const rank = Math.min(cells, Math.ceil(0.9 * (cells + 1)));
    // Cells that were learnt from are met better than others.
    const inflation = Math.sqrt((cells + LEARNT) / (cells - LEARNT));
    return [{ key, cells, log_half_width_90: Math.max(LEAST, inflation * sorted[rank - 1]!) }];
  });
}
