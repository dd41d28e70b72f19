import type { CellShape } from '../run/schema.ts';
import { expectedService } from './estimate.ts';
import type { TargetModel } from './facts.ts';
import type { InformativeCell } from './information.ts';

/**
 * A cell as a fit takes it: a number of streams or a batch on one server, an open loop as the streams that are in flight on
 * average. Null: none takes it, since it is kept apart, replays a trace, or comes faster than it is served.
 */
export function fittedCell(model: TargetModel, cell: CellShape): InformativeCell | null {
  const { kind, concurrency, arrivals, hold_out } = cell;
  if (hold_out || kind === 'disaggregated' || arrivals?.process === 'trace') return null;
  if (concurrency !== null) return { ...cell, concurrency };
  const { requests_per_s, residence_s, overloaded } = expectedService(model, cell);
  return overloaded ? null : { ...cell, concurrency: Math.max(1, requests_per_s * residence_s) };
}
