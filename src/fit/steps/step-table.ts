import { mean } from 'simple-statistics';
import type { RooflineFit } from '../fit-roofline.ts';
import type { ResidualBucket, ResidualTable } from '../residual-table.ts';
import { kernelOffset, kernelRows } from './kernel-rows.ts';

/** The error has to fall by so much, or the table is noise. */
const LEAST_GAIN = 0.1;
const LARGEST_LOG_RATIO = Math.log(2);
/** Fewer groups of steps of a kernel cannot tell whether its offset holds for another context. */
const FEWEST_GROUPS = 2;

/**
 * What a smooth roofline cannot see of the time of steps that only decode, kernel by kernel, from the steps themselves. Kept where
 * steps at one context are predicted better with what those at the others show.
 */
export function stepTable({ solution }: RooflineFit): ResidualTable | null {
  const { problem, state } = solution;
  const kernels = kernelRows(problem.terms).filter(({ kernel }) => kernel.kind === 'decode');
  const before: number[] = [];
  const after: number[] = [];
  const buckets = kernels.flatMap((kernel): ResidualBucket[] => {
    const { rows } = kernel;
    if (rows.length < FEWEST_GROUPS) return [];
    const offsetOf = (of: readonly number[]): number =>
      kernelOffset({ ...kernel, rows: of }, state.residuals, state.sd, state.weights, 0).mean;
    for (const row of rows) {
      const others = offsetOf(rows.filter((other) => other !== row));
      before.push(Math.abs(Math.expm1(state.residuals[row]!)));
      after.push(Math.abs(Math.expm1(state.residuals[row]! - others)));
    }
    const log = Math.min(LARGEST_LOG_RATIO, Math.max(-LARGEST_LOG_RATIO, -offsetOf(rows)));
    const { observation } = problem.terms[rows[0]!]!;
    return [
      {
        tensor_parallel: observation.engine.tensorParallel,
        least: kernel.kernel.least,
        most: kernel.kernel.most,
        ratio: Math.exp(log),
        cells: new Set(rows.map((row) => problem.terms[row]!.observation)).size,
      },
    ];
  });
  if (before.length === 0) return null;
  const [without, corrected] = [mean(before) * 100, mean(after) * 100];
  if (corrected > without * (1 - LEAST_GAIN)) return null;
  return { buckets, unseen_mape: { without, with: corrected } };
}
