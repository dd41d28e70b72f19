import { NO_TRAITS, TAIL_QUANTILES, type TailTraits } from '../../roofline/tails.ts';
import { tailKey } from './tail-keys.ts';
import type { TailCell } from './tail-runs.ts';

export interface TraitsFound {
  readonly traits: TailTraits;
  /** Mean absolute log residual of the gaps' percentiles, priors included. */
  readonly loss: number;
}

const SPREADS = [0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.045, 0.065, 0.1];
const RATIOS = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.15, 1.3, 1.5, 1.75, 2, 2.5];
/** Seconds of one device. */
const EXTRAS = [0, 0.001, 0.002, 0.004, 0.007, 0.011, 0.016, 0.023, 0.033, 0.047, 0.07, 0.1, 0.15, 0.25, 0.4];
const ROUNDS = 3;
/** Cost of leaving the roofline's own: small against what is measured, so that nothing moves without a reason. */
const PRIOR = 0.01;
const PRIOR_LOG_SD = 0.5;

/**
 * Traits that explain the measured gaps best, one after the other over a grid: three numbers and a robust loss need no more.
 * Without gaps the roofline's own.
 */
export function learnTraits(cells: readonly TailCell[]): TraitsFound {
  const measured = cells.filter(({ observation }) => observation.tails?.tbt_p99_ms !== undefined);
  if (measured.length === 0) return { traits: NO_TRAITS, loss: 0 };
  let traits: TailTraits = { ...NO_TRAITS, step_spread: 0.015 };
  let loss = lossOf(measured, traits);
  const improve = (changes: readonly Partial<TailTraits>[]): void => {
    for (const change of changes) {
      const next = { ...traits, ...change };
      const cost = lossOf(measured, next);
      if (cost < loss - 1e-9) [traits, loss] = [next, cost];
    }
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = loss;
    improve(EXTRAS.map((prompt_step_extra_s) => ({ prompt_step_extra_s })));
    improve(RATIOS.map((prompt_step_ratio) => ({ prompt_step_ratio })));
    improve(SPREADS.map((step_spread) => ({ step_spread })));
    if (before - loss < 1e-3 * before) break;
  }
  return { traits, loss };
}

function lossOf(cells: readonly TailCell[], traits: TailTraits): number {
  let sum = 0;
  let count = 0;
  for (const { observation, runs } of cells) {
    const tbt = runs.gaps(traits);
    if (tbt === null) continue;
    TAIL_QUANTILES.forEach((q, i) => {
      const seconds = observation.tails?.[tailKey('tbt', q)];
      if (seconds === undefined) return;
      sum += Math.abs(Math.log(tbt.quantiles[i]! / seconds));
      count += 1;
    });
  }
  return sum / Math.max(1, count) + PRIOR * (Math.log(traits.prompt_step_ratio) / PRIOR_LOG_SD) ** 2;
}
