import type { DatasetFit } from '../fit/fit-dataset.ts';
import type { ExpectedServer } from '../fit/joint-prior.ts';
import type { FittedModel } from '../fit/predictive.ts';
import { EDGE_NAMES } from '../fit/problem.ts';
import { PARAMETER_NAMES } from '../roofline/parameters.ts';
import type { PriorSection, PriorSource } from './prior-schema.ts';

/** What a device file expects of a server, and which file it is. */
export interface DevicePrior extends ExpectedServer {
  readonly model: FittedModel;
  readonly source: PriorSource;
}

/** Whether a fit starts from the device file: `auto`, where its cells are few. */
export const PRIOR_USES = ['auto', 'device', 'catalogue'] as const;
export type PriorUse = (typeof PRIOR_USES)[number];

/** What the prior and the cells each gave a fit. */
export function priorSection({ fit, answered }: DatasetFit, { model, source }: DevicePrior): PriorSection {
  const columns = [...fit.names, ...EDGE_NAMES];
  const before = [...PARAMETER_NAMES, ...EDGE_NAMES];
  return {
    ...source,
    cells: answered.observations.length,
    numbers: fit.terms.length,
    decided_by_cells: fit.solution.state.noise.reduce((sum, { freedom }) => sum + 1 - freedom, 0),
    columns: columns.length,
    log_standard_errors: Object.fromEntries(
      columns.map((name, j) => {
        const i = before.indexOf(name);
        return [
          name,
          { before: Math.sqrt(model.covariance[i]![i]!), after: fit.covariance.standardErrors[j]! },
        ];
      }),
    ),
  };
}
