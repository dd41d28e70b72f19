import { askedOf, type DatasetFit } from '../fit-dataset.ts';
import type { Observation } from '../observations.ts';
import { learnTails } from './learn-tails.ts';
import { type TailError, tailErrors } from './tail-errors.ts';

/** Whether a cell measured any percentile. */
const hasTails = ({ tails }: Observation): boolean => Object.keys(tails ?? {}).length > 0;

/** Errors of the percentiles of cells from which neither a fit nor what it learns of tails has seen anything. */
export function unseenTails(fit: DatasetFit, cells: readonly Observation[]): TailError[] {
  const measured = cells.filter(hasTails);
  const tails = measured.length === 0 ? null : learnTails(fit.model, fit.answered);
  return tails === null ? [] : tailErrors({ ...fit.model, tails }, askedOf(fit, measured));
}
