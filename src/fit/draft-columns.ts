import { DRAFT_NAMES, type DraftName, type RooflineParameters } from '../roofline/parameters.ts';
import type { Prior } from '../roofline/priors.ts';
import type { Observation } from './observations.ts';

/** What proposing a token costs before any data: n-grams of the prompt take microseconds, a model of some layers milliseconds. */
export const DRAFT_PRIORS: Readonly<Record<DraftName, Prior>> = {
  draft_pass_s: { centre: 5e-4, log_sd: 1.5, lower: 1e-6, upper: 30e-3 },
  draft_sequence_s: { centre: 5e-6, log_sd: 1.5, lower: 1e-8, upper: 1e-3 },
};

/**
 * Costs of proposing tokens that cells can tell: those of servers that speculate. As logarithms they stand behind the serving
 * edges in a point and in a covariance.
 */
export const draftNames = (observations: readonly Pick<Observation, 'engine'>[]): readonly DraftName[] =>
  observations.some(({ engine }) => engine.speculation) ? DRAFT_NAMES : [];

/** Those that a model was fitted with. */
export const fittedDraft = (parameters: RooflineParameters): readonly DraftName[] =>
  DRAFT_NAMES.filter((name) => parameters[name] !== undefined);

/** The costs at the end of a point, by name. */
export const draftAt = (logs: readonly number[]): Partial<Record<DraftName, number>> =>
  Object.fromEntries(logs.map((log, j) => [DRAFT_NAMES[j]!, Math.exp(log)]));

const logOf = (name: DraftName, end: 'centre' | 'lower' | 'upper'): number =>
  Math.log(DRAFT_PRIORS[name][end]);

export const draftStart = (names: readonly DraftName[]): number[] =>
  names.map((name) => logOf(name, 'centre'));
export const draftLower = (names: readonly DraftName[]): number[] =>
  names.map((name) => logOf(name, 'lower'));
export const draftUpper = (names: readonly DraftName[]): number[] =>
  names.map((name) => logOf(name, 'upper'));

/** One pseudo-observation a cost. */
export const draftResiduals = (names: readonly DraftName[], logs: readonly number[]): number[] =>
  names.map((name, j) => (logs[j]! - logOf(name, 'centre')) / DRAFT_PRIORS[name].log_sd);
