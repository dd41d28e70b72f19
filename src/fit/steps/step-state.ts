import type { NoiseScale, NoiseTerm } from '../noise.ts';
import type { LatencyMetric } from '../observations.ts';
import type { Term } from '../problem.ts';
import { huberWeight } from '../robust.ts';
import type { SharedError } from './decorrelate.ts';
import { errorScale, type KernelRows, kernelOffset, kernelRows, scatterWithin } from './kernel-rows.ts';

/** Standard deviations and weights of terms, by term. */
export interface TermWeights {
  readonly sd: readonly number[];
  readonly counted: readonly number[];
  readonly weights: readonly number[];
}

/** Those of the terms that are from steps among them, and what is shared. */
export interface StepWeights extends TermWeights {
  readonly shared: readonly SharedError[];
  /** One number a kernel, for the noise to be estimated from; `rows` and `along` say which combination of terms it is. */
  readonly kernels: readonly KernelNoise[];
}

export interface KernelNoise {
  readonly term: Omit<NoiseTerm, 'freedom'>;
  readonly rows: readonly number[];
  /** Unit vector over the whitened rows. */
  readonly along: readonly number[];
}

/**
 * Steps of one kernel are wrong together by the misfit, and differ by their own errors: the differences between them say most
 * about the parameters, their mean little. Others' terms stay as they are.
 */
export function stepWeights(
  terms: readonly Term[],
  residuals: readonly number[],
  plain: TermWeights,
  { misfit }: NoiseScale,
): StepWeights {
  const kernels = kernelRows(terms);
  const scatter: Readonly<Record<LatencyMetric, number>> = {
    ttft: scatterWithin(kernels, terms, residuals, 'ttft'),
    tpot: scatterWithin(kernels, terms, residuals, 'tpot'),
  };
  const scale: Readonly<Record<LatencyMetric, number>> = {
    ttft: scatter.ttft > 0 ? 1 : errorScale(kernels, terms, residuals, 'ttft'),
    tpot: scatter.tpot > 0 ? 1 : errorScale(kernels, terms, residuals, 'tpot'),
  };
  const sd = [...plain.sd];
  const own = [...plain.sd];
  const counted = [...plain.counted];
  const weights = [...plain.weights];
  terms.forEach(({ source, metric, measured_error, emphasis }, i) => {
    if (!source) return;
    const inKernel = source.kernel !== null;
    own[i] = inKernel ? Math.hypot(scale[metric] * measured_error, scatter[metric]) : measured_error;
    sd[i] = Math.hypot(own[i]!, inKernel ? misfit[metric] : 0);
    counted[i] = own[i]! / Math.sqrt(emphasis);
    weights[i] = huberWeight(residuals[i]! / own[i]!);
  });
  for (const kernel of kernels) {
    const { offset } = kernelOffset(kernel, residuals, own, weights, misfit[kernel.metric]);
    for (const row of kernel.rows) weights[row] = huberWeight((residuals[row]! - offset) / own[row]!);
  }
  const whitening = counted.map((value, i) => Math.sqrt(weights[i]!) / value);
  return {
    sd,
    counted,
    weights,
    shared: kernels.map(({ rows, metric }) => ({
      rows,
      u: rows.map((row) => misfit[metric] * whitening[row]!),
    })),
    kernels: kernels.map((kernel) =>
      kernelNoise(kernel, residuals, { own, weights, whitening }, misfit[kernel.metric]),
    ),
  };
}

function kernelNoise(
  kernel: KernelRows,
  residuals: readonly number[],
  { own, weights, whitening }: Readonly<Record<'own' | 'weights' | 'whitening', readonly number[]>>,
  shared: number,
): KernelNoise {
  const { rows, metric } = kernel;
  const { mean, error } = kernelOffset(kernel, residuals, own, weights, shared);
  const length = Math.hypot(...rows.map((row) => whitening[row]!));
  return {
    term: {
      metric,
      residual: mean,
      measured_error: error,
      discrepancy: 0,
      fromSteps: true,
      // Their errors are their own scatter: nothing is told of what else is claimed to be known.
      regime: 'approximate',
      weight: huberWeight(mean / Math.hypot(error, shared)),
    },
    rows,
    along: rows.map((row) => whitening[row]! / length),
  };
}
