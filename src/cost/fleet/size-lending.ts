import { DEFAULT_POLICY, type FleetPolicy, type FleetQuestion } from './fleet.ts';
import { shrunk } from './shrink.ts';
import { type Choices, cheaper, fleetWith, type SizedFleet } from './sized-fleet.ts';

const LENDING: FleetPolicy = { ...DEFAULT_POLICY, lends: true };

/**
 * The cheapest two pools whose workers are lent to each other.
 * @param two the cheapest two static pools: what lending shrinks
 */
export const sizeLending = (
  question: FleetQuestion,
  choices: Choices,
  { services, workers }: SizedFleet,
): SizedFleet | null =>
  shrunk(question, services, workers, LENDING)
    .map((fewer) => fleetWith('splitwise', { services, workers: fewer, policy: LENDING }, choices))
    .reduce<SizedFleet | null>(cheaper, null);
