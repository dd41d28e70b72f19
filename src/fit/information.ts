import type { Matrix } from 'ml-matrix';
import { covarianceOf } from './covariance.ts';

/**
 * How much of what is known about each column comes from each set of rows: of the information along the direction in which the
 * column moves and the others follow, d = C·e, which is 1/C of the column in all. What every row adds, (row·d)², adds up to it.
 * @param jacobian of whitened residuals, prior rows included
 * @param sources rows of each source, every row in one of them
 * @returns shares by source, then by column; those of a column add up to 1
 */
export function informationShares(jacobian: Matrix, sources: readonly (readonly number[])[]): number[][] {
  const { matrix } = covarianceOf(jacobian);
  return sources.map((rows) =>
    matrix.map((direction, column) => {
      const information = rows.reduce((sum, row) => {
        let along = 0;
        for (let j = 0; j < direction.length; j += 1) along += jacobian.get(row, j) * direction[j]!;
        return sum + along ** 2;
      }, 0);
      return information / matrix[column]![column]!;
    }),
  );
}
