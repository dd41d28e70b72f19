import { levenbergMarquardt } from 'ml-levenberg-marquardt';
import { clampTo, type LeastSquares, type Solution, sumOfSquares } from './least-squares.ts';
import { marquardt } from './marquardt.ts';

/** Iterations of one run of the library; it has no relative stop rule, so we stop between runs. */
const RUN_ITERATIONS = 8;
const MAX_RUNS = 25;
const RELATIVE_GAIN = 1e-6;

/**
 * ml-levenberg-marquardt behind a guard. The library ignores its own weights, keeps steps that make things worse, stops
 * on an absolute error only and throws on singular matrices; so residuals come whitened, it runs in short bursts from
 * the best point so far, and its exceptions end the search with what was found.
 */
export function solveWithLibrary(problem: LeastSquares, start: readonly number[]): Solution {
  let best = clampTo(problem, start);
  let cost = sumOfSquares(problem.residuals(best));
  let iterations = 0;
  for (let run = 0; run < MAX_RUNS; run += 1) {
    const found = burst(problem, best, run);
    if (!found) return { point: best, sumOfSquares: cost, iterations, status: 'stalled' };
    iterations += RUN_ITERATIONS;
    const candidate = clampTo(problem, found);
    const candidateCost = sumOfSquares(problem.residuals(candidate));
    const gain = (cost - candidateCost) / cost;
    if (candidateCost < cost) [best, cost] = [candidate, candidateCost];
    if (!(gain > RELATIVE_GAIN) && run > 1) {
      return { point: best, sumOfSquares: cost, iterations, status: 'converged' };
    }
  }
  return { point: best, sumOfSquares: cost, iterations, status: 'max_iterations' };
}

/** One short run; null when the library threw or left the domain. Later runs begin with more damping. */
function burst(problem: LeastSquares, start: readonly number[], run: number): readonly number[] | null {
  const count = problem.residuals(start).length;
  const x = Array.from({ length: count }, (_, index) => index);
  try {
    const { parameterValues } = levenbergMarquardt(
      { x, y: x.map(() => 0) },
      (parameters) => {
        const residuals = problem.residuals(parameters);
        return (index) => residuals[index]!;
      },
      {
        initialValues: [...start],
        minValues: [...problem.lower],
        maxValues: [...problem.upper],
        maxIterations: RUN_ITERATIONS,
        errorTolerance: 0,
        centralDifference: true,
        gradientDifference: start.map((value) => problem.difference(value)),
        damping: 1e-2 * 10 ** Math.min(run, 4),
      },
    );
    return parameterValues.every(Number.isFinite) ? parameterValues : null;
  } catch {
    return null;
  }
}

/**
 * Least squares from one start: the library finds the basin, our own Marquardt finishes in it. The better of the two
 * is returned, so that neither's defects decide the result.
 */
export function solve(problem: LeastSquares, start: readonly number[]): Solution {
  const coarse = solveWithLibrary(problem, start);
  const fine = marquardt(problem, coarse.point, { maxIterations: 100, stepTolerance: 1e-8 });
  return fine.sumOfSquares <= coarse.sumOfSquares ? fine : coarse;
}
