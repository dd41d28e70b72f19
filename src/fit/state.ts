import { covarianceOf, type RowError } from './covariance.ts';
import { jacobianAt } from './least-squares.ts';
import { countedNoise, discrepancyOf, type NoiseScale, type NoiseTerm, regimeOf, termSd } from './noise.ts';
import { leastSquares, logResiduals, modelAt, type Problem, type Term, type Whitening } from './problem.ts';
import { huberWeight, priorWeight } from './robust.ts';

/** What a fit knows at a point under a noise scale. */
export interface FitState {
  readonly residuals: readonly number[];
  readonly sd: readonly number[];
  /** Standard deviations that terms are weighed by, see `countedNoise`. */
  readonly counted: readonly number[];
  readonly weights: readonly number[];
  readonly whitening: Whitening;
  readonly noise: readonly NoiseTerm[];
}

/** Residuals, noise and weights at a point. */
export function stateAt(problem: Problem, point: readonly number[], noise: NoiseScale): FitState {
  const { input, names, terms, cells } = problem;
  const model = modelAt(input.priors, names, point);
  const residuals = logResiduals(cells, model, terms);
  const known = terms.map(({ metric, measured_error, observation }) => {
    const means = cells.latencies(model, observation);
    const discrepancy = discrepancyOf(cells.predictor, metric, observation.concurrency, means);
    return {
      metric,
      measured_error,
      discrepancy,
      regime: regimeOf(cells.predictor, observation.concurrency),
    };
  });
  const sd = known.map((term) => termSd(term, noise));
  const counted = known.map((term, i) => termSd(term, countedNoise(noise)) / Math.sqrt(terms[i]!.emphasis));
  const weights = residuals.map((residual, i) => huberWeight(residual / sd[i]!));
  const priors = names.map((name, j) => {
    const { centre, log_sd } = input.priors[name];
    return Math.sqrt(priorWeight((point[j]! - Math.log(centre)) / log_sd)) / log_sd;
  });
  const whitening = { terms: counted.map((value, i) => Math.sqrt(weights[i]!) / value), priors };
  const freedom = freedomOf(problem, point, whitening);
  return {
    residuals,
    sd,
    counted,
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
function freedomOf(problem: Problem, point: readonly number[], whitening: Whitening): number[] {
  const jacobian = jacobianAt(leastSquares(problem, whitening), point);
  const { matrix } = covarianceOf(jacobian);
  return problem.terms.map((_, i) => {
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

/**
 * What cells of one kernel size share, over the misfit that shows: parameters take up most of it where there are few sizes.
 * Calibrated on simulated devices with kernels chosen by size: 1.5 covers 95 % of the true parameters.
 */
const SHARED_OVER_MISFIT = 1.5;

/**
 * Kernels are chosen by size, so what the model misses is alike in cells of the same batch size (TPOT) and the same prompt
 * length (TTFT), on every tensor parallel size.
 */
export function rowErrors(terms: readonly Term[], state: FitState, noise: NoiseScale): RowError[] {
  return terms.map(({ metric, observation }, i) => ({
    group: metric === 'tpot' ? `decode ${observation.concurrency}` : `prefill ${observation.input_tokens}`,
    sd: state.sd[i]! / state.counted[i]!,
    shared_sd: (SHARED_OVER_MISFIT * Math.sqrt(state.weights[i]!) * noise.misfit[metric]) / state.counted[i]!,
  }));
}
