import { median } from 'simple-statistics';
import type { PowerParameters } from '../../roofline/power.ts';
import { type Covariance, covarianceOf } from '../covariance.ts';
import { jacobianAt, type LeastSquares, LOG_DIFFERENCE } from '../least-squares.ts';
import { huberWeight, priorWeight } from '../robust.ts';
import { solve } from '../solve.ts';
import { meanPower, type PowerObservation } from './observation.ts';
import { POWER_PARAMETER_NAMES, type PowerParameterName, type PowerPriors } from './parameters.ts';

export interface PowerProblem {
  readonly observations: readonly PowerObservation[];
  readonly priors: PowerPriors;
  /** Power limit of one device, W; null: none is known. */
  readonly limit_w: number | null;
}

/** Power parameters of one device with their uncertainty; logarithms throughout. */
export interface PowerFit {
  readonly parameters: PowerParameters;
  /** Parameters that the cells can say something about, in the covariance's order; the others stand at their priors. */
  readonly names: readonly PowerParameterName[];
  readonly covariance: Covariance;
  /** Relative error of the model itself, beside that of the measurements. */
  readonly misfit: number;
  /** log(predicted / measured), in the order of the observations. */
  readonly residuals: readonly number[];
  /** What each observation counted, 1 for a clean one. */
  readonly weights: readonly number[];
}

const ROUNDS = 8;
const LEAST_MISFIT = 0.005;
/** Median of |z| of a standard normal. */
const MEDIAN_ABSOLUTE = 0.6745;
/** A parameter may lie this many orders of magnitude off its prior's centre. */
const BOUND_LOG = Math.log(1e3);

/**
 * Fits idle power and the energies to measured powers: log residuals, Huber's loss, weak priors, and the model's own misfit
 * found from the residuals (performance-model section 6).
 * @throws RangeError without observations
 */
export function fitPower({ observations, priors, limit_w }: PowerProblem): PowerFit {
  if (observations.length === 0) throw new RangeError('no power to fit');
  const names = identifiable(observations);
  const centres = names.map((name) => Math.log(priors[name].centre));
  const read = (point: readonly number[]): PowerParameters => {
    const found = Object.fromEntries(names.map((name, j) => [name, Math.exp(point[j]!)]));
    const rest = Object.fromEntries(POWER_PARAMETER_NAMES.map((name) => [name, priors[name].centre]));
    return { ...rest, ...found } as unknown as PowerParameters;
  };
  const residualsAt = (point: readonly number[]): number[] => {
    const parameters = read(point);
    return observations.map(({ traffic, power_w }) =>
      Math.log(meanPower(traffic, parameters, limit_w) / power_w),
    );
  };
  let point: readonly number[] = centres;
  let misfit = 0.1;
  let weights: number[] = observations.map(() => 1);
  for (let round = 0; round < ROUNDS; round += 1) {
    const problem = weighted(residualsAt, { observations, priors, names, centres, misfit, weights, point });
    point = solve(problem, point).point;
    const residuals = residualsAt(point);
    misfit = misfitOf(residuals, observations, names.length);
    weights = residuals.map((residual, i) => huberWeight(residual / sdOf(observations[i]!, misfit)));
  }
  const last = weighted(residualsAt, { observations, priors, names, centres, misfit, weights, point });
  return {
    parameters: read(point),
    names,
    covariance: covarianceOf(jacobianAt(last, point)),
    misfit,
    residuals: residualsAt(point),
    weights,
  };
}

/** Links matter where any cell moves bytes over one. */
const identifiable = (observations: readonly PowerObservation[]): PowerParameterName[] =>
  POWER_PARAMETER_NAMES.filter(
    (name) =>
      name !== 'energy_per_link_byte_j' ||
      observations.some(({ traffic }) => traffic.linkBytes.some((bytes) => bytes > 0)),
  );

const sdOf = ({ relative_error }: PowerObservation, misfit: number): number =>
  Math.hypot(relative_error, misfit);

/** The misfit with which the residuals are as large as they are in the median, a little more where few cells made the fit. */
function misfitOf(
  residuals: readonly number[],
  observations: readonly PowerObservation[],
  parameters: number,
): number {
  const freedom = Math.max(1, residuals.length - parameters);
  const typical = (median(residuals.map(Math.abs)) / MEDIAN_ABSOLUTE) * Math.sqrt(residuals.length / freedom);
  const measured = median(observations.map(({ relative_error }) => relative_error));
  return Math.max(LEAST_MISFIT, Math.sqrt(Math.max(0, typical ** 2 - measured ** 2)));
}

interface Weighting {
  readonly observations: readonly PowerObservation[];
  readonly priors: PowerPriors;
  readonly names: readonly PowerParameterName[];
  readonly centres: readonly number[];
  readonly misfit: number;
  readonly weights: readonly number[];
  /** Where the priors' weights are taken. */
  readonly point: readonly number[];
}

/** Whitened residuals: powers first, then priors. */
function weighted(residualsAt: (point: readonly number[]) => number[], w: Weighting): LeastSquares {
  const scales = w.observations.map((one, i) => Math.sqrt(w.weights[i]!) / sdOf(one, w.misfit));
  const priorZ = (point: readonly number[], j: number): number =>
    (point[j]! - w.centres[j]!) / w.priors[w.names[j]!].log_sd;
  const priorScales = w.names.map((_, j) => Math.sqrt(priorWeight(priorZ(w.point, j))));
  return {
    residuals: (point) => [
      ...residualsAt(point).map((residual, i) => residual * scales[i]!),
      ...w.names.map((_, j) => priorZ(point, j) * priorScales[j]!),
    ],
    lower: w.centres.map((centre) => centre - BOUND_LOG),
    upper: w.centres.map((centre) => centre + BOUND_LOG),
    difference: () => LOG_DIFFERENCE,
    scale: () => 1,
  };
}
