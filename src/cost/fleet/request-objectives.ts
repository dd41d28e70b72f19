import { RidgeError } from '../../errors.ts';
import type { Objective } from '../workload.ts';

/** What each request has one of. */
export type RequestMetric = Exclude<Objective['metric'], 'tbt'>;

/** A limit on what each request has one of: the simulation follows requests, not the gaps between their tokens. */
export interface RequestObjective extends Objective {
  readonly metric: RequestMetric;
}

/** @throws RidgeError (exit 2) for a limit on the gaps between tokens */
export const requestObjectives = (objectives: readonly Objective[]): RequestObjective[] =>
  objectives.map((objective) => {
    const { key, metric } = objective;
    if (metric !== 'tbt') return { ...objective, metric };
    throw new RidgeError(`${key}: a fleet is simulated request by request, not gap by gap`, {
      mend: `Limit the time per output token of a request instead: ${key.replace('tbt', 'tpot')}=N.`,
    });
  });
