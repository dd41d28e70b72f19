import { covarianceOf, type RowError } from './covariance.ts';
import { jointWeight } from './joint-prior.ts';
import { jacobianAt } from './least-squares.ts';
import {
  countedNoise,
  discrepancyOf,
  estimateNoise,
  mixedSampling,
  type NoiseScale,
  type NoiseTerm,
  pooledNoise,
  regimeOf,
  termSd,
} from './noise.ts';
import { logResiduals, modelAt, type Problem, type Term } from './problem.ts';
import { huberWeight, priorWeight } from './robust.ts';
import { stepWeights, type TermWeights } from './steps/step-state.ts';
import { leastSquares, type Whitening } from './whitened-problem.ts';

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
  const known = terms.map(({ metric, measured_error, observation, source }) => {
    if (source) return { metric, measured_error, discrepancy: 0, regime: 'exact' as const };
    const means = cells.latencies(model, observation);
    const discrepancy = Math.hypot(
      discrepancyOf(cells.predictor, metric, observation.concurrency, means),
      mixedSampling(metric, observation.driving),
    );
    return {
      metric,
      measured_error,
      discrepancy,
      regime: observation.steps ? 'approximate' : regimeOf(cells.predictor, observation.concurrency),
    };
  });
  const plainSd = known.map((term) => termSd(term, noise));
  const plain: TermWeights = {
    sd: plainSd,
    counted: known.map((term, i) => termSd(term, countedNoise(noise)) / Math.sqrt(terms[i]!.emphasis)),
    weights: residuals.map((residual, i) => huberWeight(residual / plainSd[i]!)),
  };
  const steps = terms.some(({ source }) => source) ? stepWeights(terms, residuals, plain, noise) : null;
  const { sd, counted, weights } = steps ?? plain;
  const priors = input.joint
    ? [Math.sqrt(jointWeight(input.joint, point))]
    : names.map((name, j) => {
        const { centre, log_sd } = input.priors[name];
        return Math.sqrt(priorWeight((point[j]! - Math.log(centre)) / log_sd)) / log_sd;
      });
  const whitening = {
    terms: counted.map((value, i) => Math.sqrt(weights[i]!) / value),
    priors,
    ...(steps && { shared: steps.shared }),
  };
  const freedom = freedomBy(problem, point, whitening);
  const ofMeans = known.flatMap((term, i): NoiseTerm[] => {
    if (terms[i]!.source) return [];
    return [{ ...term, residual: residuals[i]!, weight: weights[i]!, freedom: freedom([i], [1]) }];
  });
  const ofKernels = (steps?.kernels ?? []).map(({ term, rows, along }) => ({
    ...term,
    freedom: freedom(rows, along),
  }));
  return { residuals, sd, counted, weights, whitening, noise: [...ofMeans, ...ofKernels] };
}

/** The noise that residuals show, beside what a joint prior expects of it. */
export function noiseOf({ input, cells }: Problem, terms: readonly NoiseTerm[]): NoiseScale {
  const found = estimateNoise(terms);
  return input.joint ? pooledNoise(found, terms, input.joint.noise[cells.predictor]) : found;
}

/** 1 − leverage of a combination of terms: v·(I − J(JᵀJ)⁻¹Jᵀ)·v of a unit vector, priors included in J. */
function freedomBy(
  problem: Problem,
  point: readonly number[],
  whitening: Whitening,
): (rows: readonly number[], along: readonly number[]) => number {
  const jacobian = jacobianAt(leastSquares(problem, whitening), point);
  const { matrix } = covarianceOf(jacobian);
  return (rows, along) => {
    const row = jacobian.getRow(rows[0]!).map((value) => value * along[0]!);
    for (let k = 1; k < rows.length; k += 1) {
      jacobian.getRow(rows[k]!).forEach((value, j) => {
        row[j] = row[j]! + value * along[k]!;
      });
    }
    let leverage = 0;
    row.forEach((a, j) => {
      row.forEach((b, k) => {
        leverage += a * matrix[j]![k]! * b;
      });
    });
    return 1 - Math.min(1, leverage);
  };
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
  return terms.map(({ metric, observation, source }, i) => {
    // What steps of one kernel share is in their weights.
    if (source) return { group: source.name, sd: 1, shared_sd: 0 };
    return {
      group: metric === 'tpot' ? `decode ${observation.concurrency}` : `prefill ${observation.input_tokens}`,
      sd: state.sd[i]! / state.counted[i]!,
      shared_sd:
        (SHARED_OVER_MISFIT * Math.sqrt(state.weights[i]!) * noise.misfit[metric]) / state.counted[i]!,
    };
  });
}
