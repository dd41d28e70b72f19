import { DEFAULT_POLICY, type FleetPolicy, type FleetQuestion } from './fleet.ts';
import { shrunk } from './shrink.ts';
import { type Choices, cheaper, choiceOf, fleetWith, type SizedFleet } from './sized-fleet.ts';

const LENDING: FleetPolicy = { ...DEFAULT_POLICY, lends: true };

/** Workers that propose tokens compute prompts more slowly, for the model that proposes computes them, too. */
const MORE_PREFILL = 1.25;

/**
 * The cheapest two pools whose workers are lent to each other.
 * @param two the cheapest two static pools: what lending shrinks
 */
export function sizeLending(question: FleetQuestion, choices: Choices, two: SizedFleet): SizedFleet | null {
  const { lent } = choiceOf(choices.prefill, two.services.prefill);
  const services = { ...two.services, ...(lent && { prefill: lent }) };
  const most = { ...two.workers, ...(lent && { prefill: Math.ceil(MORE_PREFILL * two.workers.prefill) }) };
  return shrunk(question, services, most, LENDING)
    .map((workers) => fleetWith('splitwise', { services, workers, policy: LENDING }, choices))
    .reduce<SizedFleet | null>(cheaper, null);
}
