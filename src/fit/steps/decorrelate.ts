import type { Matrix } from 'ml-matrix';

/**
 * Whitened rows that share an error beside their own: its standard deviation in each row's own ones. Their covariance is
 * I + u·uᵀ.
 */
export interface SharedError {
  readonly rows: readonly number[];
  readonly u: readonly number[];
}

/** (I + u·uᵀ)^(-1/2) = I − c·u·uᵀ; 0 where nothing is shared. */
function factorOf({ u }: SharedError): number {
  const square = u.reduce((sum, value) => sum + value * value, 0);
  return square > 0 ? (1 - 1 / Math.sqrt(1 + square)) / square : 0;
}

/** Residuals without what they share: of unit variance and independent again. Works in place. */
export function decorrelate(values: number[], shared: readonly SharedError[]): void {
  for (const error of shared) {
    const factor = factorOf(error);
    if (factor === 0) continue;
    const { rows, u } = error;
    const along = factor * rows.reduce((sum, row, k) => sum + values[row]! * u[k]!, 0);
    rows.forEach((row, k) => {
      values[row] = values[row]! - along * u[k]!;
    });
  }
}

/** The same of every column of a Jacobian. Works in place. */
export function decorrelateRows(jacobian: Matrix, shared: readonly SharedError[]): void {
  for (const error of shared) {
    const factor = factorOf(error);
    if (factor === 0) continue;
    const { rows, u } = error;
    for (let column = 0; column < jacobian.columns; column += 1) {
      const along = factor * rows.reduce((sum, row, k) => sum + jacobian.get(row, column) * u[k]!, 0);
      rows.forEach((row, k) => {
        jacobian.set(row, column, jacobian.get(row, column) - along * u[k]!);
      });
    }
  }
}
