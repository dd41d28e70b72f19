import type { FleetQuestion } from './fleet.ts';
import { shrunk } from './shrink.ts';
import { type Choices, cheaper, fleetWith, type SizedFleet } from './sized-fleet.ts';

/** Mixed workers that are tried beside the two pools. */
const MIXED_WORKERS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];

/**
 * The cheapest three pools: mixed workers take peaks of both kinds, and let the two pools shrink.
 * @param two the cheapest two pools, which the search begins from
 * @param mixedWorkers counts of mixed workers that are tried, in ascending order
 */
export function sizeThreePools(
  question: FleetQuestion,
  choices: Choices,
  two: SizedFleet,
  mixedWorkers: readonly number[] = MIXED_WORKERS,
): SizedFleet | null {
  let best: SizedFleet | null = null;
  for (const { service } of choices.mixed) {
    const services = { ...two.services, mixed: service };
    let worse = 0;
    for (const mixed of mixedWorkers) {
      if (worse >= 2) break;
      const fleet = shrunk(question, services, { ...two.workers, mixed })
        .map((workers) => fleetWith('three_pools', { services, workers }, choices))
        .reduce<SizedFleet | null>(cheaper, null);
      worse = fleet !== null && cheaper(best, fleet) === fleet ? 0 : worse + 1;
      best = cheaper(best, fleet);
    }
  }
  return best;
}
