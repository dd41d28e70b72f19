import { type FleetQuestion, holds, NO_WORKERS, type Workers } from './fleet.ts';
import { leastCount } from './least-count.ts';
import {
  type Choices,
  cheaper,
  type FleetParts,
  firstServices,
  fleetWith,
  MOST_WORKERS,
  type SizedFleet,
} from './sized-fleet.ts';

/**
 * The cheapest prefill and decode pools. The prefill pool holds TTFT whatever decodes behind it, so it is sized first, then the
 * decode pool behind it.
 * @param guess about how many workers it takes
 */
export function sizeTwoPools(
  question: FleetQuestion,
  choices: Choices,
  guess: Workers = NO_WORKERS,
): SizedFleet | null {
  const prefill = sizePrefill(question, choices, guess);
  if (prefill === null) return null;
  return choices.decode.reduce<SizedFleet | null>((best, { service }) => {
    const services = { ...prefill.services, decode: service };
    return cheaper(best, withDecode(question, { services, workers: prefill.workers }, choices, guess));
  }, null);
}

function sizePrefill(question: FleetQuestion, choices: Choices, guess: Workers): SizedFleet | null {
  return choices.prefill.reduce<SizedFleet | null>((best, { service }) => {
    const services = { ...firstServices(choices), prefill: service };
    const holdsWith = (prefill: number): boolean =>
      holds(question, services, { ...NO_WORKERS, prefill }, { promptsOnly: true });
    const prefill = leastCount(MOST_WORKERS, holdsWith, guess.prefill);
    if (prefill === null) return best;
    return cheaper(best, fleetWith('two_pools', { services, workers: { ...NO_WORKERS, prefill } }, choices));
  }, null);
}

/** A limit from end to end may need more prefill workers than TTFT does: half as many again, until it holds. */
function withDecode(
  question: FleetQuestion,
  { services, workers }: FleetParts,
  choices: Choices,
  guess: Workers,
): SizedFleet | null {
  for (let prefill = workers.prefill; prefill <= MOST_WORKERS; prefill = Math.ceil(1.5 * prefill)) {
    const decode = leastCount(
      MOST_WORKERS,
      (count) => holds(question, services, { ...workers, prefill, decode: count }),
      guess.decode,
    );
    if (decode !== null) {
      return fleetWith('two_pools', { services, workers: { ...workers, prefill, decode } }, choices);
    }
    if (question.objectives.every(({ metric }) => metric !== 'e2e')) return null;
  }
  return null;
}
