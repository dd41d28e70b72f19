import type { Dataset } from '../fit/dataset.ts';
import { askedOf, type DatasetFit } from '../fit/fit-dataset.ts';
import type { Observation } from '../fit/observations.ts';
import type { FittedModel } from '../fit/predictive.ts';
import { learnTails } from '../fit/tails/learn-tails.ts';
import { summariseTails, tailErrors } from '../fit/tails/tail-errors.ts';
import type { BlockedErrors } from '../fit/validate.ts';
import type { Fit } from './schema.ts';

/**
 * The section on percentiles: what they showed, and how far they are off on the fit's own cells, on those kept from it and on
 * each block left out. Empty where no cell measured any: other files stay as they were.
 * @param observations cells as measured, those kept from the fit among them
 */
export function tailsOf(
  fitted: DatasetFit,
  observations: readonly Observation[],
  blocked: readonly BlockedErrors[],
): Pick<Fit, 'tails'> {
  const held = observations.filter((one) => one.hold_out);
  return tailsSection(fitted.model, fitted.answered, askedOf(fitted, held), blocked);
}

/**
 * The section from a model whose parameters stay.
 * @param held cells kept from the fit, their unknowns answered
 * @param blocked null: nobody fitted without the blocks
 */
export function tailsSection(
  model: FittedModel,
  answered: Dataset,
  held: readonly Observation[],
  blocked: readonly Pick<BlockedErrors, 'kind' | 'blocks' | 'tails'>[] | null,
): Pick<Fit, 'tails'> {
  const tails = learnTails(model, answered);
  if (tails === null) return {};
  const errors = (cells: readonly Observation[]) => summariseTails(tailErrors({ ...model, tails }, cells));
  const found = blocked?.filter((one) => Object.keys(one.tails).length > 0) ?? null;
  return {
    tails: {
      ...tails,
      errors: {
        in_sample: errors(answered.observations),
        hold_out: held.length > 0 ? errors(held) : null,
        ...(found && {
          blocked: found.map(({ kind, blocks, tails: summaries }) => ({ kind, blocks, errors: summaries })),
        }),
      },
    } as unknown as Fit['tails'],
  };
}
