import type { FleetQuestion } from './fleet.ts';
import { sizeLending } from './size-lending.ts';
import { sizeOnePool } from './size-one-pool.ts';
import { sizeThreePools } from './size-three-pools.ts';
import { sizeTwoPools } from './size-two-pools.ts';
import type { Choices, SizedFleet } from './sized-fleet.ts';

/**
 * The cheapest fleet of each system that holds the objectives over the whole trace, found by simulation: pools grow until they
 * hold, then shrink to the last that does. A system without one is left out.
 */
export function sizeFleets(question: FleetQuestion, choices: Choices): SizedFleet[] {
  const two = sizeTwoPools(question, choices);
  const found = [
    two,
    two && sizeThreePools(question, choices, two),
    two && sizeLending(question, choices, two),
    sizeOnePool('aggregated', question, choices),
    sizeOnePool('shared', question, choices),
  ];
  return found.filter((one) => one !== null);
}

/**
 * Sizes fleets anew with other servers in the same places: TP sizes, mixed workers and rules stay, counts of the other workers
 * do not. Null where none holds the objectives.
 * @param choices one server a pool
 */
export function sizeAgain(
  fleets: readonly SizedFleet[],
  question: FleetQuestion,
  choicesOf: (fleet: SizedFleet) => Choices,
): (SizedFleet | null)[] {
  return fleets.map((fleet) => {
    const { system, workers, policy } = fleet;
    const choices = choicesOf(fleet);
    switch (system) {
      case 'two_pools':
        return sizeTwoPools(question, choices, workers);
      case 'three_pools': {
        const two = sizeTwoPools(question, choices, workers);
        return two && sizeThreePools(question, choices, two, [workers.mixed]);
      }
      case 'splitwise': {
        const two = sizeTwoPools(question, choices, workers);
        return two && sizeLending(question, choices, two);
      }
      default:
        return sizeOnePool(system, question, choices, {
          guess: workers[system === 'shared' ? 'shared' : 'mixed'],
          policy,
        });
    }
  });
}
