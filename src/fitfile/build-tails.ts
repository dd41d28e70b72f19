import { withChoice } from '../fit/dataset.ts';
import type { DatasetFit } from '../fit/fit-dataset.ts';
import type { Observation } from '../fit/observations.ts';
import { learnTails } from '../fit/tails/learn-tails.ts';
import { summariseTails, tailErrors } from '../fit/tails/tail-errors.ts';
import type { Fit } from './schema.ts';

/**
 * The section on percentiles: what they showed, and how far they are off on the fit's own cells and on those kept from it.
 * Empty where no cell measured any: other files stay as they were.
 * @param observations cells as measured, those kept from the fit among them
 */
export function tailsOf(
  { model, answered, choices }: DatasetFit,
  observations: readonly Observation[],
): Pick<Fit, 'tails'> {
  const tails = learnTails(model, answered);
  if (tails === null) return {};
  const held = observations.filter((one) => one.hold_out);
  const asked = withChoice({ ...answered, observations: held }, choices.choice).observations;
  const errors = (cells: readonly Observation[]) => summariseTails(tailErrors({ ...model, tails }, cells));
  return {
    tails: {
      ...tails,
      errors: { in_sample: errors(answered.observations), hold_out: held.length > 0 ? errors(asked) : null },
    } as unknown as Fit['tails'],
  };
}
