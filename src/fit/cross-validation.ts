import { Matrix, solve } from 'ml-matrix';
import { covarianceOf, quadraticForm } from './covariance.ts';
import type { RooflineFit } from './fit-roofline.ts';
import { jacobianAt } from './least-squares.ts';
import type { LatencyMetric, Observation } from './observations.ts';
import type { StepSource } from './steps/step-terms.ts';
import { leastSquares } from './whitened-problem.ts';

/** A term predicted by a fit that did not see its block. */
export interface UnseenTerm {
  readonly observation: Observation;
  readonly metric: LatencyMetric;
  /** Of the engine's steps; absent: the mean of the cell. */
  readonly source?: StepSource;
  /** Log of predicted over measured. */
  readonly residual: number;
  /** Standard deviation that the fit of the others claims for it. */
  readonly sd: number;
}

/** Farther than this a linear step says nothing. */
const LARGEST_STEP = 1;

/**
 * Predicts a block from the fit of all other cells in one Gauss-Newton step from the fit of all: cheap enough to leave out every
 * block in turn.
 * @param ofOther log residual of a term at the fitted parameters, where it is not the fit's own (another predictor)
 */
export function leaveOut(
  fit: RooflineFit,
  block: ReadonlySet<Observation>,
  ofOther?: (term: number) => number,
): UnseenTerm[] {
  const left = fit.solution.problem.terms.flatMap((term, i) => (block.has(term.observation) ? [i] : []));
  return leaveOutTerms(fit, left, ofOther);
}

/** As `leaveOut`, of single terms. */
export function leaveOutTerms(
  fit: RooflineFit,
  left: readonly number[],
  ofOther?: (term: number) => number,
): UnseenTerm[] {
  const { problem, state, jacobian } = fit.solution;
  const columns = jacobian.columns;
  const information = jacobian.transpose().mmul(jacobian);
  const gradient = Matrix.zeros(columns, 1);
  const { whitened, slopesOf } = termRows(fit);
  for (const i of left) {
    const row = Matrix.rowVector(jacobian.getRow(i));
    information.sub(row.transpose().mmul(row));
    gradient.add(row.transpose().mul(whitened(i)));
  }
  const widening = wideningOf(fit);
  const step = solve(information, gradient, true).to1DArray();
  const moved = step.map((value) => Math.min(LARGEST_STEP, Math.max(-LARGEST_STEP, value)));
  return left.map((i) => {
    const { observation, metric, source } = problem.terms[i]!;
    const slopes = slopesOf(i);
    const spread = solve(information, Matrix.columnVector(slopes), true);
    const own = slopes.reduce((sum, slope, j) => sum + slope * spread.get(j, 0), 0);
    const variance = own + quadraticForm(widening, slopes);
    return {
      observation,
      metric,
      ...(source && { source }),
      residual:
        (ofOther?.(i) ?? state.residuals[i]!) + slopes.reduce((sum, slope, j) => sum + slope * moved[j]!, 0),
      sd: Math.sqrt(Math.max(0, variance) + state.sd[i]! ** 2),
    };
  });
}

/** Whitened residuals of a fit's terms, and what one term's logarithm does with the parameters. */
export function termRows({ solution }: RooflineFit): {
  whitened(term: number): number;
  slopesOf(term: number): number[];
} {
  const { problem, point, state, jacobian } = solution;
  const { whitening } = state;
  if (!whitening.shared) {
    return {
      whitened: (i) => state.residuals[i]! * whitening.terms[i]!,
      slopesOf: (i) => jacobian.getRow(i).map((value) => value / whitening.terms[i]!),
    };
  }
  const values = leastSquares(problem, whitening).residuals(point);
  const { shared: _, ...alone } = whitening;
  const own = jacobianAt(leastSquares(problem, alone), point);
  return {
    whitened: (i) => values[i]!,
    slopesOf: (i) => own.getRow(i).map((value) => value / whitening.terms[i]!),
  };
}

/** What the fit's covariance has on top of that of independent residuals: cells of one kernel size are wrong together. */
function wideningOf({ solution, covariance }: RooflineFit): number[][] {
  const independent = covarianceOf(solution.jacobian).matrix;
  return covariance.matrix.map((row, i) => row.map((value, j) => value - independent[i]![j]!));
}
