import { Matrix, SingularValueDecomposition } from 'ml-matrix';

/** Columns, scaled to length 1, count as dependent below this ratio of their singular values. */
const DEPENDENT = 1e-9;

/**
 * Coefficients that minimise the squares of relative errors, Σ (features·x / measured − 1)²: a cell counts the same
 * whether it takes a millisecond or a minute.
 * @param features one row a cell, without zero columns
 * @param measured above 0, one a row
 * @returns null where the rows are not more than the coefficients (such a line passes through every point and shows no
 *   error), or do not tell the coefficients apart
 */
export function leastRelativeSquares(
  features: readonly (readonly number[])[],
  measured: readonly number[],
): number[] | null {
  const relative = features.map((row, i) => row.map((value) => value / measured[i]!));
  const columns = relative[0]?.length ?? 0;
  if (relative.length <= columns) return null;
  return solve(relative);
}

/**
 * As `leastRelativeSquares`, with no coefficient below 0. Exact: of all choices of coefficients to hold at 0, the best
 * whose others come out above; for the three columns that a baseline has at most that is eight small problems.
 */
export function leastRelativeSquaresAboveZero(
  features: readonly (readonly number[])[],
  measured: readonly number[],
): number[] | null {
  const free = leastRelativeSquares(features, measured);
  if (free === null || free.every((value) => value >= 0)) return free;
  const relative = features.map((row, i) => row.map((value) => value / measured[i]!));
  const candidates = choices(free.length).flatMap((kept) => {
    const part = solve(relative.map((row) => kept.map((j) => row[j]!)));
    if (part === null || part.some((value) => value < 0)) return [];
    const coefficients = free.map((_, j) => (kept.includes(j) ? part[kept.indexOf(j)]! : 0));
    return [{ coefficients, squares: squaredErrors(relative, coefficients) }];
  });
  candidates.sort((a, b) => a.squares - b.squares);
  return candidates[0]?.coefficients ?? null;
}

/** Every non-empty choice of columns. */
const choices = (columns: number): number[][] =>
  Array.from({ length: 2 ** columns - 1 }, (_, bits) =>
    Array.from({ length: columns }, (_, j) => j).filter((j) => ((bits + 1) >> j) & 1),
  );

/** x that brings every row·x closest to 1, by singular values of the scaled columns. */
function solve(rows: readonly (readonly number[])[]): number[] | null {
  const matrix = new Matrix(rows.map((row) => [...row]));
  const norms = Array.from({ length: matrix.columns }, (_, j) => matrix.getColumnVector(j).norm());
  if (norms.some((norm) => norm === 0)) return null;
  for (const [j, norm] of norms.entries()) matrix.mulColumn(j, 1 / norm);
  const svd = new SingularValueDecomposition(matrix, { autoTranspose: true });
  if (svd.diagonal.at(-1)! < DEPENDENT * svd.diagonal[0]!) return null;
  const scaled = svd.solve(Matrix.ones(matrix.rows, 1));
  return norms.map((norm, j) => scaled.get(j, 0) / norm);
}

function squaredErrors(rows: readonly (readonly number[])[], coefficients: readonly number[]): number {
  return rows.reduce((sum, row) => {
    const ratio = row.reduce((total, value, j) => total + value * coefficients[j]!, 0);
    return sum + (ratio - 1) ** 2;
  }, 0);
}
