import type { ComparedDevice } from './compare-row.ts';
import { rowOf } from './compare-rows.ts';
import { type SearchQuestion, searchAll } from './search.ts';

/** A trade between users and devices. */
export interface ParetoPoint {
  readonly output_tokens_per_s_per_user: number;
  readonly output_tokens_per_s_per_device: number;
}

/** The points of one option that no other of it beats in both. */
export interface ParetoCurve {
  readonly name: string;
  readonly points: readonly ParetoPoint[];
}

/** Limits on mean TPOT over which plans are swept, s. */
const TPOT_LIMITS = [4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 200].map((ms) => ms / 1e3);

/** Points that none beats in both, the fastest for users last. */
export function paretoFront(points: readonly ParetoPoint[]): ParetoPoint[] {
  const sorted = [...points].sort(
    (a, b) =>
      b.output_tokens_per_s_per_user - a.output_tokens_per_s_per_user ||
      b.output_tokens_per_s_per_device - a.output_tokens_per_s_per_device,
  );
  let highest = 0;
  return sorted
    .filter((one) => {
      const better = one.output_tokens_per_s_per_device > highest;
      highest = Math.max(highest, one.output_tokens_per_s_per_device);
      return better;
    })
    .reverse();
}

/**
 * The Pareto front of each option, and of all together: cheapest plans under a range of TPOT limits, other objectives kept.
 */
export function paretoCurves(
  devices: readonly ComparedDevice[],
  question: SearchQuestion,
): { readonly all: readonly ParetoPoint[]; readonly curves: readonly ParetoCurve[] } {
  const others = question.objectives.filter(({ metric }) => metric !== 'tpot');
  const priced = devices.map(({ source, cost }) => ({ source: source.central, usd_per_h: cost.usd_per_h }));
  const rows = TPOT_LIMITS.flatMap((limit_s) => {
    const limit = { key: 'tpot_mean_ms', metric: 'tpot', statistic: 'mean', limit_s } as const;
    const swept = { ...question, objectives: [...others, limit] };
    return searchAll(priced, swept).flatMap((option) => rowOf(option, devices, swept)?.row ?? []);
  });
  const groups = Map.groupBy(rows, ({ name }) => name);
  return {
    all: paretoFront(rows),
    curves: [...groups].map(([name, points]) => ({ name, points: paretoFront(points) })),
  };
}
