import { type CellError, cellErrors, type ErrorSummaries, summariseErrors } from './errors.ts';
import { type FitOptions, fitRoofline, type RooflineFit } from './fit-roofline.ts';
import type { Observation } from './observations.ts';
import type { FittedModel } from './predictive.ts';
import type { FitInput } from './problem.ts';

export interface Validation {
  readonly in_sample: ErrorSummaries;
  /** Cells that were kept from the fit; null when there were none. */
  readonly hold_out: { readonly errors: ErrorSummaries; readonly cells: readonly CellError[] } | null;
  /** Every shape left out in turn and predicted by a fit of the others; null with fewer than three shapes. */
  readonly leave_one_shape_out: { readonly errors: ErrorSummaries; readonly blocks: number } | null;
}

/** The model of a fit, ready to predict with. */
export const fittedModel = (input: Pick<FitInput, 'card'>, fit: RooflineFit): FittedModel => ({
  card: input.card,
  parameters: fit.parameters,
  edges: fit.edges,
  names: fit.names,
  covariance: fit.covariance.matrix,
  degrees_of_freedom: fit.degrees_of_freedom,
  noise: fit.noise,
});

const shapeOf = (one: Observation): string => `${one.input_tokens}/${one.output_tokens}`;

const FEWEST_SHAPES = 3;

/** Errors of a fit on the cells it saw, on those kept from it, and on each shape when the fit does not see that shape. */
export function validate(
  input: FitInput,
  fit: RooflineFit,
  holdOut: readonly Observation[],
  options: FitOptions,
): Validation {
  const model = fittedModel(input, fit);
  const held = cellErrors(model, holdOut);
  return {
    in_sample: summariseErrors(cellErrors(model, input.observations)),
    hold_out: held.length === 0 ? null : { errors: summariseErrors(held), cells: held },
    leave_one_shape_out: leaveOneShapeOut(input, fit, options),
  };
}

/** Each fold starts where the whole fit ended; its noise, robust weights and covariance are its own. */
function leaveOneShapeOut(
  input: FitInput,
  fit: RooflineFit,
  options: FitOptions,
): Validation['leave_one_shape_out'] {
  const blocks = [...Map.groupBy(input.observations, shapeOf).values()];
  if (blocks.length < FEWEST_SHAPES) return null;
  const from = Object.fromEntries(fit.names.map((name) => [name, Math.log(fit.parameters[name])]));
  const errors = blocks.flatMap((block) => {
    const rest = input.observations.filter((one) => !block.includes(one));
    const part = { ...input, observations: rest };
    return cellErrors(fittedModel(part, fitRoofline(part, { ...options, from })), block);
  });
  return { errors: summariseErrors(errors), blocks: blocks.length };
}
