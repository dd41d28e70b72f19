import { DEFAULT_POLICY, type FleetPolicy, type FleetQuestion, holds, NO_WORKERS } from './fleet.ts';
import { leastCount } from './least-count.ts';
import {
  type Choices,
  cheaper,
  firstServices,
  fleetWith,
  MOST_WORKERS,
  type SizedFleet,
} from './sized-fleet.ts';

/** A shared pool's thresholds: how soon a queue is long and a batch full. */
const SHARED_POLICIES: readonly FleetPolicy[] = [
  DEFAULT_POLICY,
  { queue_share: 0.5, batch_share: 0.9 },
  { queue_share: 0.25, batch_share: 0.75 },
  { queue_share: 0.1, batch_share: 0.6 },
];

/** Pools that stand alone, with the rules that are tried for each. */
const POOL_OF = {
  aggregated: { pool: 'mixed', policies: [DEFAULT_POLICY] },
  shared: { pool: 'shared', policies: SHARED_POLICIES },
} as const;

/**
 * The cheapest pool that stands alone.
 * @param begin about how many workers it takes, and the only rules to try
 */
export function sizeOnePool(
  system: keyof typeof POOL_OF,
  question: FleetQuestion,
  choices: Choices,
  begin?: { readonly guess: number; readonly policy: FleetPolicy },
): SizedFleet | null {
  const { pool, policies } = POOL_OF[system];
  let best: SizedFleet | null = null;
  for (const { service, usd_per_h } of choices[pool]) {
    const services = { ...firstServices(choices), [pool]: service };
    for (const policy of begin ? [begin.policy] : policies) {
      const most = best === null ? MOST_WORKERS : Math.ceil(best.usd_per_h / (usd_per_h * service.tp)) - 1;
      const count = leastCount(
        Math.min(MOST_WORKERS, most),
        (n) => holds(question, services, { ...NO_WORKERS, [pool]: n }, { policy }),
        begin?.guess,
      );
      if (count === null) continue;
      const workers = { ...NO_WORKERS, [pool]: count };
      best = cheaper(best, fleetWith(system, { services, workers, policy }, choices));
    }
  }
  return best;
}
