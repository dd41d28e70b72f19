import { Matrix, SingularValueDecomposition } from 'ml-matrix';

export interface Covariance {
  /** Of the log parameters. */
  readonly matrix: readonly (readonly number[])[];
  readonly standardErrors: readonly number[];
  readonly correlations: readonly (readonly number[])[];
  /** Ratio of the largest to the smallest singular value of the whitened, column-scaled Jacobian. */
  readonly condition: number;
}

/**
 * (JᵀJ)⁻¹ by singular values, with columns scaled first so that the condition number means something.
 * @param jacobian of whitened residuals, prior rows included: its rows carry unit variance
 */
export function covarianceOf(jacobian: Matrix): Covariance {
  const columns = jacobian.columns;
  const norms = Array.from({ length: columns }, (_, j) => jacobian.getColumnVector(j).norm() || 1);
  const scaled = jacobian.clone();
  for (let j = 0; j < columns; j += 1) scaled.mulColumn(j, 1 / norms[j]!);
  const svd = new SingularValueDecomposition(scaled, { autoTranspose: true });
  const values = svd.diagonal;
  const largest = values[0] ?? 1;
  const v = svd.rightSingularVectors;
  const matrix = Matrix.zeros(columns, columns);
  for (let a = 0; a < columns; a += 1) {
    for (let b = 0; b < columns; b += 1) {
      let sum = 0;
      for (let k = 0; k < columns; k += 1) {
        const value = Math.max(values[k]!, largest * 1e-14);
        sum += (v.get(a, k) * v.get(b, k)) / value ** 2;
      }
      matrix.set(a, b, sum / (norms[a]! * norms[b]!));
    }
  }
  return describe(matrix, largest / Math.max(values[columns - 1] ?? 0, Number.MIN_VALUE));
}

function describe(matrix: Matrix, condition: number): Covariance {
  const standardErrors = matrix.diagonal().map(Math.sqrt);
  return {
    matrix: matrix.to2DArray(),
    standardErrors,
    correlations: standardErrors.map((a, i) =>
      standardErrors.map((b, j) => (i === j ? 1 : matrix.get(i, j) / (a * b))),
    ),
    condition,
  };
}

/** The error of a whitened residual. */
export interface RowError {
  /** Standard deviation; 1 where it was whitened by its own. */
  readonly sd: number;
  readonly group: string;
  /** Standard deviation of an error that it has on top, together with every other one of its group. */
  readonly shared_sd: number;
}

/**
 * Covariance when residuals are not as exact as they count, and those of a group are wrong together:
 * C·(Σ sd²·JᵢᵀJᵢ + Σ_groups (Σ shared·Jᵢ)ᵀ(Σ shared·Jᵢ))·C, the sandwich that keeps the estimate and widens
 * the intervals.
 * @param errors one entry for each of the first rows of the Jacobian; the others (priors) are taken as they are
 */
export function groupedCovariance(jacobian: Matrix, errors: readonly RowError[]): Covariance {
  const independent = covarianceOf(jacobian);
  const bread = new Matrix(independent.matrix as number[][]);
  const scaled = jacobian.clone();
  errors.forEach(({ sd }, row) => {
    scaled.mulRow(row, sd);
  });
  const meat = scaled.transpose().mmul(scaled);
  const groups = Map.groupBy(
    errors.map((each, row) => ({ ...each, row })),
    (each) => each.group,
  );
  for (const members of groups.values()) {
    const together = Matrix.zeros(1, jacobian.columns);
    for (const { row, shared_sd } of members) {
      together.add(Matrix.rowVector(jacobian.getRow(row)).mul(shared_sd));
    }
    meat.add(together.transpose().mmul(together));
  }
  return describe(bread.mmul(meat).mmul(bread), independent.condition);
}

/** vᵀ·M·v: the variance of a linear combination. */
export function quadraticForm(matrix: readonly (readonly number[])[], vector: readonly number[]): number {
  let sum = 0;
  matrix.forEach((row, i) => {
    row.forEach((entry, j) => {
      sum += vector[i]! * entry * vector[j]!;
    });
  });
  return sum;
}
