import { Matrix, QrDecomposition } from 'ml-matrix';
import { clampTo, jacobianAt, type LeastSquares, type Solution, sumOfSquares } from './least-squares.ts';

export interface MarquardtOptions {
  readonly maxIterations?: number;
  /** Stop when an accepted step moves no parameter by more than this share of itself. */
  readonly stepTolerance?: number;
  /** Stop when the residuals are this close to orthogonal to every column of the Jacobian (cosine). */
  readonly gradientTolerance?: number;
}

const MAX_DAMPING = 1e16;

/**
 * Levenberg-Marquardt with Marquardt's scaling by the Jacobian's column norms, rejection of steps that do not
 * reduce the sum of squares, and a box: a parameter on its bound whose gradient points outward is left out of the step.
 */
export function marquardt(
  problem: LeastSquares,
  start: readonly number[],
  options: MarquardtOptions = {},
): Solution {
  const { maxIterations = 200, stepTolerance = 1e-10, gradientTolerance = 1e-12 } = options;
  let point = clampTo(problem, start);
  let residuals = problem.residuals(point);
  let cost = sumOfSquares(residuals);
  let damping = 1e-3;
  let scale: number[] = point.map(() => 0);
  for (let iteration = 1; iteration <= maxIterations; iteration += 1) {
    const jacobian = jacobianAt(problem, point);
    const free = freeColumns(problem, point, jacobian, residuals);
    scale = scale.map((old, j) => Math.max(old, columnNorm(jacobian, j)));
    if (free.length === 0 || steepestCosine(jacobian, residuals, free, cost) < gradientTolerance) {
      return { point, sumOfSquares: cost, iterations: iteration, status: 'converged' };
    }
    let accepted = false;
    while (!accepted && damping < MAX_DAMPING) {
      const candidate = clampTo(problem, step(jacobian, residuals, point, free, scale, damping));
      const next = problem.residuals(candidate);
      const nextCost = sumOfSquares(next);
      if (nextCost < cost) {
        const moved = relativeMove(problem, point, candidate);
        const gained = (cost - nextCost) / cost;
        [point, residuals, cost, accepted] = [candidate, next, nextCost, true];
        damping = Math.max(1e-15, damping / 9);
        if (moved < stepTolerance && gained < stepTolerance) {
          return { point, sumOfSquares: cost, iterations: iteration, status: 'converged' };
        }
      } else {
        if (relativeMove(problem, point, candidate) < stepTolerance) {
          return { point, sumOfSquares: cost, iterations: iteration, status: 'converged' };
        }
        damping *= 5;
      }
    }
    if (!accepted) return { point, sumOfSquares: cost, iterations: iteration, status: 'stalled' };
  }
  return { point, sumOfSquares: cost, iterations: maxIterations, status: 'max_iterations' };
}

function columnNorm(jacobian: Matrix, column: number): number {
  let sum = 0;
  for (let i = 0; i < jacobian.rows; i += 1) sum += jacobian.get(i, column) ** 2;
  return Math.sqrt(sum);
}

const gradientOf = (jacobian: Matrix, residuals: readonly number[], column: number): number => {
  let sum = 0;
  for (let i = 0; i < residuals.length; i += 1) sum += jacobian.get(i, column) * residuals[i]!;
  return sum;
};

function freeColumns(
  problem: LeastSquares,
  point: readonly number[],
  jacobian: Matrix,
  residuals: readonly number[],
): number[] {
  return point.flatMap((value, j) => {
    const gradient = gradientOf(jacobian, residuals, j);
    const stuck =
      (value <= problem.lower[j]! && gradient >= 0) || (value >= problem.upper[j]! && gradient <= 0);
    return stuck ? [] : [j];
  });
}

function steepestCosine(
  jacobian: Matrix,
  residuals: readonly number[],
  free: readonly number[],
  cost: number,
): number {
  if (cost === 0) return 0;
  return Math.max(
    ...free.map((j) => {
      const norm = columnNorm(jacobian, j);
      return norm === 0 ? 0 : Math.abs(gradientOf(jacobian, residuals, j)) / (norm * Math.sqrt(cost));
    }),
  );
}

/** Solves the damped problem by QR of [J; √λ·D], which keeps the digits that normal equations lose. */
function step(
  jacobian: Matrix,
  residuals: readonly number[],
  point: readonly number[],
  free: readonly number[],
  scale: readonly number[],
  damping: number,
): number[] {
  const rows = jacobian.rows;
  const system = Matrix.zeros(rows + free.length, free.length);
  const right = Matrix.zeros(rows + free.length, 1);
  for (let i = 0; i < rows; i += 1) {
    free.forEach((column, j) => {
      system.set(i, j, jacobian.get(i, column) / (scale[column] || 1));
    });
    right.set(i, 0, -residuals[i]!);
  }
  for (let j = 0; j < free.length; j += 1) system.set(rows + j, j, Math.sqrt(damping));
  const solution = new QrDecomposition(system).solve(right);
  const next = [...point];
  free.forEach((column, j) => {
    next[column] = next[column]! + solution.get(j, 0) / (scale[column] || 1);
  });
  return next;
}

function relativeMove(problem: LeastSquares, from: readonly number[], to: readonly number[]): number {
  const scale = problem.scale ?? ((value: number) => Math.abs(value) + 1e-12);
  return Math.max(...from.map((value, j) => Math.abs(to[j]! - value) / scale(value)));
}
