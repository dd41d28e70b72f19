import { idleSeconds, leastWindowSeconds } from '../power/least-window.ts';
import type { CellShape } from '../run/schema.ts';
import { childSeed } from '../stats/random.ts';
import { type GridPoint, tracesOf } from '../suite/expand.ts';
import type { Suite } from '../suite/schema.ts';
import { resolvePoints, type SkippedPoint } from './cells.ts';
import { type EstimateSource, estimateCells } from './estimate.ts';
import type { TargetFacts } from './facts.ts';
import { orderCells } from './order.ts';
import { withRoutingAnchor } from './routing-anchor.ts';

export interface PlannedTargetCell {
  readonly cell: CellShape;
  readonly estimated_s: number;
}

/** What one target will measure, in order. */
export interface TargetPlan {
  readonly target: string;
  readonly cells: readonly PlannedTargetCell[];
  readonly skipped: readonly SkippedPoint[];
  readonly estimated_s: number;
  readonly estimate_source: EstimateSource;
  /** What reading power asks for; null: none is read. */
  readonly power: {
    readonly source: string;
    readonly window_min_s: number;
    /** Without a load, before the first cell and again after the last. */
    readonly idle_s: number;
    /** What the two take, settling included; part of the target's `estimated_s`. */
    readonly idle_estimated_s: number;
  } | null;
}

function powerOf({ power }: TargetFacts, cells: number): TargetPlan['power'] {
  if (!power) return null;
  const { source, idle_s, interval_s } = power;
  return {
    source,
    window_min_s: leastWindowSeconds(power),
    idle_s,
    idle_estimated_s: cells === 0 || idle_s === 0 ? 0 : 2 * idleSeconds(idle_s, interval_s),
  };
}

/**
 * Cells of every target in the order of measurement. Pure: the same suite, facts and seed give the same plan.
 * @param points the suite's grid, see `expandGrid`
 */
export function planSuite(
  suite: Suite,
  points: readonly GridPoint[],
  targets: readonly TargetFacts[],
): TargetPlan[] {
  return targets.map((facts, index) => {
    const { points: resolved, skipped } = resolvePoints(points, facts, suite.protocol);
    const ordered = orderCells(resolved, childSeed(suite.protocol.seed, index));
    const once = facts.chat ? ordered : withRoutingAnchor(ordered, suite.protocol, facts.card);
    const cells = [...once, ...anchorsAgain(once, restartsOf(facts, suite))];
    const { seconds, source } = estimateCells(facts, cells, suite, tracesOf(points));
    const power = powerOf(facts, cells.length);
    return {
      target: facts.name,
      cells: cells.map((cell, at) => ({ cell, estimated_s: seconds[at]! })),
      skipped,
      estimated_s: seconds.reduce((sum, one) => sum + one, power?.idle_estimated_s ?? 0),
      estimate_source: source,
      power,
    };
  });
}

/** Restarts after which a target's anchors are measured again. */
export const restartsOf = ({ restarts }: Pick<TargetFacts, 'restarts'>, suite: Suite): number =>
  restarts === undefined ? 0 : (restarts ?? suite.restarts ?? 0);

/** The start anchors once more for each restart. */
const anchorsAgain = (cells: readonly CellShape[], restarts: number): CellShape[] =>
  Array.from({ length: restarts }, (_, index) => index + 1).flatMap((restart) =>
    cells.filter(({ anchor }) => anchor === 'start').map((cell) => ({ ...cell, restart })),
  );

/** The first point that no target may skip: over the maximum while the suite says `over_length: error`. */
export const refusedPoint = (suite: Suite, plans: readonly TargetPlan[]): SkippedPoint | null =>
  suite.over_length === 'skip'
    ? null
    : (plans.flatMap(({ skipped }) => skipped).find(({ reason }) => reason === 'over_length') ?? null);

/** Cells that still have to be measured: those whose key is not among the finished ones. */
export const remainingCells = <Keyed extends { readonly key: string }>(
  cells: readonly Keyed[],
  finished: ReadonlySet<string>,
): Keyed[] => cells.filter(({ key }) => !finished.has(key));
