import { gapVariation } from './arrivals.ts';
import type { OpenLoopCell } from './cell.ts';
import { SteadyWindow } from './steady-window.ts';

/** A trace ends by itself. */
const WHOLE_TRACE = { min_requests: Infinity, max_requests: Infinity, min_s: Infinity, max_s: Infinity };

/** The window of an open loop whose requests stay so long now. */
export function windowOf(
  { stop, arrivals, trace }: OpenLoopCell,
  now: number,
  residence: number,
): SteadyWindow {
  const rule = trace === null ? stop : { ...stop, ...WHOLE_TRACE };
  return new SteadyWindow(now, rule, arrivals.rate_per_s * residence, gapVariation(arrivals, trace));
}
