import { type FleetQuestion, NO_WORKERS, simulateFleet } from './fleet.ts';
import type { Service } from './service.ts';
import { type Choices, firstServices, MOST_WORKERS } from './sized-fleet.ts';
import type { Reached } from './tally.ts';

/** What a pool of the most workers reaches. */
export interface ClosestFleet {
  readonly service: Service;
  readonly workers: number;
  readonly reached: readonly Reached[];
}

const missedBy = ({ reached }: ClosestFleet): number =>
  Math.max(...reached.map(({ objective, seconds }) => seconds / objective.limit_s));

/** The pool of the most workers that misses the objectives by least, where no fleet holds them. */
export const closestFleet = (question: FleetQuestion, choices: Choices): ClosestFleet =>
  choices.mixed
    .map(({ service }): ClosestFleet => {
      const services = { ...firstServices(choices), mixed: service };
      const workers = { ...NO_WORKERS, mixed: MOST_WORKERS };
      return { service, workers: MOST_WORKERS, reached: simulateFleet(question, services, workers).reached };
    })
    .reduce((best, one) => (missedBy(one) < missedBy(best) ? one : best));
