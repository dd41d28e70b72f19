import type { LatencyMetric } from './observations.ts';

/** Which latency a fit should serve best; both alike by default. */
export const OBJECTIVES = ['balanced', 'ttft_ms', 'tpot_ms'] as const;
export type Objective = (typeof OBJECTIVES)[number];

/** How often a number of the metric that the fit should serve best counts. */
const EMPHASIS = 4;

export const emphasisOf = (metric: LatencyMetric, objective: Objective): number =>
  objective === `${metric}_ms` ? EMPHASIS : 1;
