import { Matrix } from 'ml-matrix';
import { GRADIENT_NAMES, PARAMETER_NAMES, type RooflineParameters } from '../roofline/parameters.ts';
import type { CellModel } from './cell-model.ts';
import { DRAFT_PRIORS, draftLower, draftNames, draftResiduals, draftUpper } from './draft-columns.ts';
import { jointResiduals } from './joint-prior.ts';
import { type LeastSquares, LOG_DIFFERENCE } from './least-squares.ts';
import { EDGE_SD } from './noise.ts';
import { EDGE_NAMES, logResiduals, modelAt, type Problem } from './problem.ts';
import { decorrelate, decorrelateRows, type SharedError } from './steps/decorrelate.ts';
import type { StepSource } from './steps/step-terms.ts';

/** Weights of one round of the fit: 1/standard deviation of each term and of each prior, robust weights included. */
export interface Whitening {
  readonly terms: readonly number[];
  /** Of a joint prior one factor for all of it. */
  readonly priors: readonly number[];
  /** Terms that are wrong together, by kernel of their steps; absent: none. */
  readonly shared?: readonly SharedError[];
}

/**
 * Least squares in log parameters, followed by the serving edges and the logs of a draft's costs: whitened residuals of the
 * terms, then one pseudo-observation per prior, edge and cost.
 */
export function leastSquares(problem: Problem, whitening: Whitening): LeastSquares {
  const { input, names, terms, cells } = problem;
  const { gradient } = cells;
  const drafts = draftNames(input.observations);
  const bounds = (end: 'lower' | 'upper'): number[] => names.map((name) => Math.log(input.priors[name][end]));
  return {
    lower: [...bounds('lower'), ...EDGE_NAMES.map(() => -2), ...draftLower(drafts)],
    upper: [...bounds('upper'), ...EDGE_NAMES.map(() => 2), ...draftUpper(drafts)],
    difference: () => LOG_DIFFERENCE,
    scale: () => 1,
    residuals: (point) => {
      const logs = logResiduals(cells, modelAt(input.priors, names, point), terms);
      const whitened = logs.map((log, i) => log * whitening.terms[i]!);
      decorrelate(whitened, whitening.shared ?? []);
      const costs = point.length - drafts.length;
      return [
        ...whitened,
        ...priorResiduals(problem, whitening, point),
        ...draftResiduals(drafts, point.slice(costs)),
      ];
    },
    jacobian: gradient ? (point) => exactJacobian(problem, gradient, whitening, point) : undefined,
  };
}

function priorResiduals(
  { input, names }: Problem,
  { priors }: Whitening,
  point: readonly number[],
): number[] {
  if (input.joint) return jointResiduals(input.joint, point).map((residual) => residual * priors[0]!);
  return [
    ...names.map((name, j) => (point[j]! - Math.log(input.priors[name].centre)) * priors[j]!),
    ...EDGE_NAMES.map((_, k) => point[names.length + k]! / EDGE_SD),
  ];
}

function logSlopes(source: StepSource, parameters: RooflineParameters): number[] {
  const seconds = source.seconds(parameters);
  return Array.from(source.gradient(parameters), (slope) => slope / seconds);
}

function exactJacobian(
  { input, names, terms }: Problem,
  gradient: NonNullable<CellModel['gradient']>,
  whitening: Whitening,
  point: readonly number[],
): Matrix {
  const model = modelAt(input.priors, names, point);
  const drafts = draftNames(input.observations);
  const columns = [
    ...names.map((name) => PARAMETER_NAMES.indexOf(name)),
    ...EDGE_NAMES.map((_, k) => GRADIENT_NAMES.length + k),
    ...drafts.map((name) => GRADIENT_NAMES.indexOf(name)),
  ];
  const jacobian = Matrix.zeros(terms.length + columns.length, columns.length);
  terms.forEach(({ observation, metric, source }, i) => {
    const slopes = source ? logSlopes(source, model.parameters) : gradient(model, observation, metric);
    columns.forEach((column, j) => {
      jacobian.set(i, j, (slopes?.[column] ?? 0) * whitening.terms[i]!);
    });
  });
  decorrelateRows(jacobian, whitening.shared ?? []);
  input.joint?.root.forEach((row, i) => {
    row.forEach((value, j) => {
      jacobian.set(terms.length + i, j, value * whitening.priors[0]!);
    });
  });
  const own = names.length + EDGE_NAMES.length;
  for (let j = input.joint ? own : 0; j < columns.length; j += 1) {
    const ofDraft = drafts[j - own];
    const known = j < names.length ? whitening.priors[j]! : 1 / EDGE_SD;
    jacobian.set(terms.length + j, j, ofDraft ? 1 / DRAFT_PRIORS[ofDraft].log_sd : known);
  }
  return jacobian;
}
