import { Matrix } from 'ml-matrix';

/** A non-linear least-squares problem in a box. */
export interface LeastSquares {
  /** Residuals at a point; NaN or infinite entries mean that the point is outside the model's domain. */
  residuals(point: readonly number[]): readonly number[];
  readonly lower: readonly number[];
  readonly upper: readonly number[];
  /** Half-step of the central difference in one coordinate. */
  difference(value: number): number;
  /** Derivatives of the residuals, where they are known without differences: rows are residuals. */
  jacobian?: ((point: readonly number[]) => Matrix) | undefined;
  /** What counts as one unit of movement of a coordinate; default: its own size. */
  scale?(value: number): number;
}

export interface Solution {
  readonly point: readonly number[];
  readonly sumOfSquares: number;
  readonly iterations: number;
  readonly status: 'converged' | 'stalled' | 'max_iterations';
}

/** Half-step for problems in log parameters: absolute, because a log parameter has no scale of its own. */
export const LOG_DIFFERENCE = 1e-4;

export const sumOfSquares = (residuals: readonly number[]): number => {
  let sum = 0;
  for (const residual of residuals) sum += residual * residual;
  return Number.isFinite(sum) ? sum : Number.POSITIVE_INFINITY;
};

export const clampTo = (problem: LeastSquares, point: readonly number[]): number[] =>
  point.map((value, j) => Math.min(problem.upper[j]!, Math.max(problem.lower[j]!, value)));

/** The problem's own Jacobian, else central differences, one-sided next to a bound. Rows are residuals, columns parameters. */
export function jacobianAt(problem: LeastSquares, point: readonly number[]): Matrix {
  return problem.jacobian ? problem.jacobian(point) : centralJacobian(problem, point);
}

function centralJacobian(problem: LeastSquares, point: readonly number[]): Matrix {
  const columns = point.map((value, j) => {
    const step = problem.difference(value);
    const high = Math.min(value + step, problem.upper[j]!);
    const low = Math.max(value - step, problem.lower[j]!);
    const above = problem.residuals(point.with(j, high));
    const below = problem.residuals(point.with(j, low));
    return above.map((residual, i) => (residual - below[i]!) / (high - low));
  });
  return new Matrix(columns).transpose();
}
