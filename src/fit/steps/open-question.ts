import type { ModelCard } from '../../model/card.ts';
import type { RunTarget } from '../../run/schema.ts';
import type { RooflineFit } from '../fit-roofline.ts';
import type { Observation } from '../observations.ts';

export const QUESTIONS = [
  ...(['links', 'precision', 'chunk_budget', 'kv_capacity', 'batch_sizes', 'prompt_lengths'] as const),
  ...(['request_overhead', 'weak_parameter', 'confounded', 'check'] as const),
] as const;

/** Something that cells which were fitted by their steps leave open. */
export interface OpenQuestion {
  readonly about: (typeof QUESTIONS)[number];
  readonly why: string;
  /** What to measure, so that it is known. */
  readonly cell: string;
}

/** What a fit was made from. */
export interface Asked {
  readonly fit: Pick<RooflineFit, 'names' | 'covariance'>;
  /** Of what is known of each parameter, the share that the priors gave. */
  readonly priorShares: Readonly<Record<string, number>>;
  readonly card: ModelCard;
  /** Those of the fit, none that was kept from it. */
  readonly observations: readonly Observation[];
  readonly targets: readonly Pick<RunTarget, 'model' | 'settings'>[];
}
