import { PARAMETER_NAMES, type ParameterName, type RooflineParameters } from '../roofline/parameters.ts';
import { type Covariance, covarianceOf } from './covariance.ts';
import { centralJacobian } from './least-squares.ts';
import { marquardt } from './marquardt.ts';
import { closedFormDiscrepancy, estimateNoise, MISFIT_SHARE, type NoiseScale } from './noise.ts';
import { LATENCY_METRICS } from './observations.ts';
import {
  type FitInput,
  leastSquares,
  meansOf,
  parametersAt,
  parametersInData,
  residualsAt,
  type Term,
  termsOf,
  type Whitening,
} from './problem.ts';
import { huberWeight, priorWeight } from './robust.ts';
import { solve } from './solve.ts';
import { startPoints } from './starts.ts';

export interface FitOptions {
  readonly seed: number;
  /** Start points; the prior's centre is the first. */
  readonly starts: number;
  /** Log parameters to start from instead, by name: a refit on part of the data. */
  readonly from?: Readonly<Partial<Record<ParameterName, number>>> | undefined;
}

export const DEFAULT_FIT_OPTIONS: FitOptions = { seed: 1, starts: 12 };

/** A term after the fit. */
export interface FittedTerm extends Term {
  /** Log of predicted over measured. */
  readonly residual: number;
  /** Standard deviation that the fit gives this term, before its robust weight. */
  readonly sd: number;
  /** Huber's weight: 1 for a term inside two standard deviations. */
  readonly weight: number;
}

export interface RooflineFit {
  /** Parameters that the data can speak about. */
  readonly names: readonly ParameterName[];
  readonly parameters: RooflineParameters;
  /** Of the logs of `free`: a parameter on its bound has no interval. */
  readonly covariance: Covariance;
  readonly free: readonly ParameterName[];
  readonly at_bound: readonly ParameterName[];
  readonly not_in_data: readonly ParameterName[];
  /** Residuals less effectively fitted parameters. */
  readonly degrees_of_freedom: number;
  readonly noise: NoiseScale;
  readonly terms: readonly FittedTerm[];
  readonly converged: boolean;
  /** Start points that ended within 1 % of the best sum of squares. */
  readonly agreeing_starts: number;
  readonly starts: number;
}

const NO_COMMON_ERROR = LATENCY_METRICS.map(() => 0);

/** Misfit assumed while the basin is searched; real noise levels would make far starts stiff. */
const SEARCH_MISFIT = 0.05;
const ROUNDS = 12;

/**
 * Fits the roofline to cell means: log parameters, log residuals, weak heavy-tailed priors, Huber weights, a noise
 * model whose misfit is estimated from the residuals, several starts. Deterministic for a seed.
 */
export function fitRoofline(input: FitInput, options: FitOptions = DEFAULT_FIT_OPTIONS): RooflineFit {
  const names = parametersInData(input.observations);
  const terms = termsOf(input.observations);
  const search = searchBasins(input, names, terms, options);
  let point = search.point;
  let noise: NoiseScale = { misfit: SEARCH_MISFIT, scale: 1 };
  let converged = false;
  for (let round = 0; round < ROUNDS && !converged; round += 1) {
    const state = describe(input, names, terms, point, noise);
    noise = estimateNoise(
      terms.map((term, i) => ({
        residual: state.residuals[i]!,
        variance: state.known[i]!,
        share: MISFIT_SHARE[term.metric],
        weight: state.weights[i]!,
      })),
      Math.max(1, terms.length - state.fitted),
    );
    const weighted = describe(input, names, terms, point, noise);
    const solution = marquardt(leastSquares(input, names, terms, weighted.whitening), point, {
      maxIterations: 60,
      stepTolerance: 1e-7,
    });
    converged = round > 0 && Math.max(...solution.point.map((v, j) => Math.abs(v - point[j]!))) < 1e-4;
    point = [...solution.point];
  }
  return result(input, names, terms, point, noise, { ...search, converged });
}

interface Search {
  readonly point: number[];
  readonly agreeing: number;
  readonly starts: number;
}

function searchBasins(
  input: FitInput,
  names: readonly ParameterName[],
  terms: readonly Term[],
  options: FitOptions,
): Search {
  const { from } = options;
  if (from) {
    const point = [
      ...names.map((name) => from[name] ?? Math.log(input.priors[name].centre)),
      ...NO_COMMON_ERROR,
    ];
    return { point, agreeing: 1, starts: 1 };
  }
  const whitening: Whitening = {
    terms: terms.map(
      (term) => 1 / Math.hypot(SEARCH_MISFIT * MISFIT_SHARE[term.metric], term.measured_error),
    ),
    priors: names.map((name) => 1 / input.priors[name].log_sd / 3),
  };
  const problem = leastSquares(input, names, terms, whitening);
  const starts = startPoints(
    names.map((name) => input.priors[name]),
    options.starts,
    options.seed,
  );
  const found = starts.map((start) => solve(problem, [...start, ...NO_COMMON_ERROR]));
  const best = found.reduce((a, b) => (b.sumOfSquares < a.sumOfSquares ? b : a));
  return {
    point: [...best.point],
    agreeing: found.filter((each) => each.sumOfSquares < best.sumOfSquares * 1.01 + 1e-6).length,
    starts: starts.length,
  };
}

interface Description {
  readonly residuals: number[];
  /** Variance known before the fit: measurement and closed form, scaled. */
  readonly known: number[];
  readonly sd: number[];
  readonly weights: number[];
  readonly whitening: Whitening;
  /** Effective number of fitted parameters. */
  readonly fitted: number;
}

/** Residuals, noise and weights at a point. */
function describe(
  input: FitInput,
  names: readonly ParameterName[],
  terms: readonly Term[],
  point: readonly number[],
  noise: NoiseScale,
): Description {
  const parameters = parametersAt(input.priors, names, point);
  const residuals = residualsAt(input, names, terms, point);
  const known = terms.map((term) => {
    const means = meansOf(input.card, parameters, term.observation);
    const discrepancy = closedFormDiscrepancy(term.metric, term.observation.concurrency, means);
    return term.measured_error ** 2 + discrepancy ** 2;
  });
  const sd = known.map((variance, i) =>
    Math.hypot(noise.scale * Math.sqrt(variance), noise.misfit * MISFIT_SHARE[terms[i]!.metric]),
  );
  const weights = residuals.map((residual, i) => huberWeight(residual / sd[i]!));
  const priors = names.map((name, j) => {
    const { centre, log_sd } = input.priors[name];
    return Math.sqrt(priorWeight((point[j]! - Math.log(centre)) / log_sd)) / log_sd;
  });
  const whitening = { terms: sd.map((value, i) => Math.sqrt(weights[i]!) / value), priors };
  return {
    residuals,
    known,
    sd,
    weights,
    whitening,
    fitted: effectiveParameters(input, names, terms, point, whitening),
  };
}

/** Σ of the share of each direction that the data decide and not the prior: trace of H_data·H⁻¹. */
function effectiveParameters(
  input: FitInput,
  names: readonly ParameterName[],
  terms: readonly Term[],
  point: readonly number[],
  whitening: Whitening,
): number {
  const jacobian = centralJacobian(leastSquares(input, names, terms, whitening), point);
  const { matrix } = covarianceOf(jacobian);
  return names.reduce((sum, _, j) => sum + 1 - whitening.priors[j]! ** 2 * matrix[j]![j]!, 0);
}

const BOUND_MARGIN = 1e-3;

function result(
  input: FitInput,
  names: readonly ParameterName[],
  terms: readonly Term[],
  point: readonly number[],
  noise: NoiseScale,
  search: Search & { converged: boolean },
): RooflineFit {
  const at_bound = names.filter((name, j) => {
    const { lower, upper } = input.priors[name];
    return point[j]! < Math.log(lower) + BOUND_MARGIN || point[j]! > Math.log(upper) - BOUND_MARGIN;
  });
  const state = describe(input, names, terms, point, noise);
  const jacobian = centralJacobian(leastSquares(input, names, terms, state.whitening), point);
  const free = names.filter((name) => !at_bound.includes(name));
  const common = NO_COMMON_ERROR.map((_, k) => names.length + k);
  const columns = [...free.map((name) => names.indexOf(name)), ...common];
  const rows = Array.from({ length: jacobian.rows }, (_, i) => i);
  return {
    names,
    parameters: parametersAt(input.priors, names, point),
    covariance: leading(covarianceOf(jacobian.selection(rows, columns)), free.length),
    free,
    at_bound,
    not_in_data: PARAMETER_NAMES.filter((name) => !names.includes(name)),
    degrees_of_freedom: Math.max(1, terms.length - state.fitted),
    noise,
    terms: terms.map((term, i) => ({
      ...term,
      residual: state.residuals[i]!,
      sd: state.sd[i]!,
      weight: state.weights[i]!,
    })),
    converged: search.converged,
    agreeing_starts: search.agreeing,
    starts: search.starts,
  };
}

/** The covariance of the first `count` entries: the common errors are integrated out. */
function leading(covariance: Covariance, count: number): Covariance {
  return {
    matrix: covariance.matrix.slice(0, count).map((row) => row.slice(0, count)),
    standardErrors: covariance.standardErrors.slice(0, count),
    correlations: covariance.correlations.slice(0, count).map((row) => row.slice(0, count)),
    condition: covariance.condition,
  };
}
