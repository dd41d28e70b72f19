import type { Objective } from '../workload.ts';

/** What each request has one of. */
export type RequestMetric = Exclude<Objective['metric'], 'tbt'>;

/** A limit on what each request has one of; limits on gaps between tokens are over all gaps of all requests. */
export interface RequestObjective extends Objective {
  readonly metric: RequestMetric;
}

export const requestObjectives = (objectives: readonly Objective[]): RequestObjective[] =>
  objectives.flatMap((objective) =>
    objective.metric === 'tbt' ? [] : [{ ...objective, metric: objective.metric }],
  );

export const hasGapObjective = (objectives: readonly Objective[]): boolean =>
  objectives.some(({ metric }) => metric === 'tbt');
