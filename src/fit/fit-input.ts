import { CholeskyDecomposition, inverse, Matrix } from 'ml-matrix';
import type { ModelCard } from '../model/card.ts';
import { parameterPriors } from '../roofline/priors.ts';
import type { Dataset } from './dataset.ts';
import type { ExpectedServer, JointPrior } from './joint-prior.ts';
import { EDGE_NAMES, type FitInput } from './problem.ts';
import type { FitOptions } from './search.ts';
import { priorsOf } from './transfer.ts';

/** What a fit of a data set, its unknowns answered, starts from: what is expected of the server, else the catalogue's priors. */
export function fitInput(
  { accelerator, card, observations }: Dataset,
  { priors, expected }: FitOptions,
): FitInput {
  const usual = priors ?? parameterPriors(accelerator, card);
  if (expected === undefined) return { card, priors: usual, observations };
  return {
    card,
    priors: priorsOf(expected.model, usual),
    joint: jointPrior(expected, card),
    observations,
  };
}

/** The prior of a fit of that server, over all parameters that a model of its kind has. */
function jointPrior({ model, degrees }: ExpectedServer, card: ModelCard): JointPrior {
  const routed = card.weight_groups.some(({ name }) => name === 'experts');
  const names = model.names.filter((name) => routed || name !== 'expert_flop_per_s');
  const columns = [
    ...names.map((name) => model.names.indexOf(name)),
    ...EDGE_NAMES.map((_, k) => model.names.length + k),
  ];
  const inverted = inverse(new Matrix(columns.map((a) => columns.map((b) => model.covariance[a]![b]!))));
  // Rounding leaves it not quite symmetric.
  const precision = Matrix.add(inverted, inverted.transpose()).mul(0.5);
  const { scheduler, closed_form } = model.predictors;
  return {
    names,
    centre: [
      ...names.map((name) => Math.log(model.parameters[name])),
      ...EDGE_NAMES.map((name) => model.edges[name]),
    ],
    root: new CholeskyDecomposition(precision).lowerTriangularMatrix.transpose().to2DArray(),
    precision: precision.to2DArray(),
    degrees,
    noise: { scheduler: scheduler.noise, closed_form: closed_form.noise },
  };
}
