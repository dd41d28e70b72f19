import type { ServingEdges } from '../roofline/closed-form.ts';
import { PARAMETER_NAMES, type ParameterName, type RooflineParameters } from '../roofline/parameters.ts';
import { type Covariance, covarianceOf, groupedCovariance, type SharedError } from './covariance.ts';
import { centralJacobian } from './least-squares.ts';
import { marquardt } from './marquardt.ts';
import {
  closedFormDiscrepancy,
  estimateNoise,
  type NoiseScale,
  type NoiseTerm,
  regimeOf,
  termSd,
} from './noise.ts';
import {
  EDGE_NAMES,
  type FitInput,
  leastSquares,
  logResiduals,
  meansOf,
  modelAt,
  parametersInData,
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

export const DEFAULT_FIT_OPTIONS: FitOptions = { seed: 1, starts: 9 };

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
  readonly edges: ServingEdges;
  /**
   * Of the logs of `names`, followed by the edges. A parameter on its bound has no interval of its own, but stays in here
   * so that the others' intervals allow for it.
   */
  readonly covariance: Covariance;
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

const EDGES_AT_START = EDGE_NAMES.map(() => 0);

/** Misfit assumed while the basin is searched; real noise levels would make far starts stiff. */
const SEARCH_MISFIT = { ttft: 0.1, tpot: 0.05 };
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
  let noise: NoiseScale = { misfit: SEARCH_MISFIT, alone_scale: 1 };
  let converged = false;
  for (let round = 0; round < ROUNDS && !converged; round += 1) {
    const state = describe(input, names, terms, point, noise);
    noise = estimateNoise(state.noise);
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
      ...EDGES_AT_START,
    ];
    return { point, agreeing: 1, starts: 1 };
  }
  const whitening: Whitening = {
    terms: terms.map((term) => 1 / Math.hypot(SEARCH_MISFIT[term.metric], term.measured_error)),
    priors: names.map((name) => 1 / input.priors[name].log_sd / 3),
  };
  const problem = leastSquares(input, names, terms, whitening);
  const starts = startPoints(
    names.map((name) => input.priors[name]),
    options.starts,
    options.seed,
  );
  const found = starts.map((start) => solve(problem, [...start, ...EDGES_AT_START]));
  const best = found.reduce((a, b) => (b.sumOfSquares < a.sumOfSquares ? b : a));
  return {
    point: [...best.point],
    agreeing: found.filter((each) => each.sumOfSquares < best.sumOfSquares * 1.01 + 1e-6).length,
    starts: starts.length,
  };
}

interface Description {
  readonly residuals: readonly number[];
  readonly sd: readonly number[];
  readonly weights: readonly number[];
  readonly whitening: Whitening;
  readonly noise: readonly NoiseTerm[];
}

/** Residuals, noise and weights at a point. */
function describe(
  input: FitInput,
  names: readonly ParameterName[],
  terms: readonly Term[],
  point: readonly number[],
  noise: NoiseScale,
): Description {
  const model = modelAt(input.priors, names, point);
  const residuals = logResiduals(input.card, model, terms);
  const known = terms.map(({ metric, measured_error, observation }) => {
    const means = meansOf(input.card, model, observation);
    const discrepancy = closedFormDiscrepancy(metric, observation.concurrency, means);
    return { metric, measured_error, discrepancy, regime: regimeOf(observation.concurrency) };
  });
  const sd = known.map((term) => termSd(term, noise));
  const weights = residuals.map((residual, i) => huberWeight(residual / sd[i]!));
  const priors = names.map((name, j) => {
    const { centre, log_sd } = input.priors[name];
    return Math.sqrt(priorWeight((point[j]! - Math.log(centre)) / log_sd)) / log_sd;
  });
  const whitening = { terms: sd.map((value, i) => Math.sqrt(weights[i]!) / value), priors };
  const freedom = freedomOf(input, names, terms, point, whitening);
  return {
    residuals,
    sd,
    weights,
    whitening,
    noise: known.map((term, i) => ({
      ...term,
      residual: residuals[i]!,
      weight: weights[i]!,
      freedom: freedom[i]!,
    })),
  };
}

/** 1 − leverage of every term: the diagonal of I − J(JᵀJ)⁻¹Jᵀ, priors included in J. */
function freedomOf(
  input: FitInput,
  names: readonly ParameterName[],
  terms: readonly Term[],
  point: readonly number[],
  whitening: Whitening,
): number[] {
  const jacobian = centralJacobian(leastSquares(input, names, terms, whitening), point);
  const { matrix } = covarianceOf(jacobian);
  return terms.map((_, i) => {
    const row = jacobian.getRow(i);
    let leverage = 0;
    row.forEach((a, j) => {
      row.forEach((b, k) => {
        leverage += a * matrix[j]![k]! * b;
      });
    });
    return 1 - Math.min(1, leverage);
  });
}

/** Part of the misfit's variance that cells of one kernel size share. */
const SHARED_MISFIT = 0.75;

/**
 * Kernels are chosen by size, so what the model misses is alike in cells of the same batch size (TPOT) and the same prompt
 * length (TTFT), on every tensor parallel size.
 */
function sharedErrors(terms: readonly Term[], state: Description, noise: NoiseScale): SharedError[] {
  return terms.map(({ metric, observation }, i) => ({
    group: metric === 'tpot' ? `decode ${observation.concurrency}` : `prefill ${observation.input_tokens}`,
    share: (Math.sqrt(SHARED_MISFIT * state.weights[i]!) * noise.misfit[metric]) / state.sd[i]!,
  }));
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
  return {
    names,
    ...modelAt(input.priors, names, point),
    covariance: groupedCovariance(jacobian, sharedErrors(terms, state, noise)),
    at_bound,
    not_in_data: PARAMETER_NAMES.filter((name) => !names.includes(name)),
    degrees_of_freedom: Math.max(
      1,
      state.noise.reduce((sum, term) => sum + term.freedom, 0),
    ),
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
