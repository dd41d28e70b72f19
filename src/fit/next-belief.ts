import { inverse, Matrix } from 'ml-matrix';

/** A number that could be measured, or was: how its logarithm hangs on what is to be learnt. */
export interface Row {
  /** By the columns of the belief. */
  readonly slopes: readonly number[];
  /** Rows of one group are off by one and the same misfit, of this variance. */
  readonly group: string;
  readonly shared_variance: number;
  /** Variance of what is this row's alone: its noise, and the misfit that it shares with none. */
  readonly own_variance: number;
}

/**
 * What is known of the logarithms of parameters (the first columns) and of the misfit of every group of cells: a joint normal
 * distribution that measurements narrow. A group's misfit is known no better by cells that cannot part it from the parameters,
 * so a cell like those already measured tells little.
 */
export class Belief {
  readonly parameters: number;
  readonly #groups: readonly string[];
  readonly #covariance: Matrix;

  private constructor(parameters: number, groups: readonly string[], covariance: Matrix) {
    this.parameters = parameters;
    this.#groups = groups;
    this.#covariance = covariance;
  }

  /**
   * @param before variances of the parameters, or their whole covariance
   * @param rows everything that will be observed or considered, so that all their groups are in it
   */
  static prior(before: readonly number[] | readonly (readonly number[])[], rows: readonly Row[]): Belief {
    const groups = new Map<string, number>();
    for (const { group, shared_variance } of rows) {
      groups.set(group, Math.max(groups.get(group) ?? 0, shared_variance));
    }
    const own = before.map((each, i) => (typeof each === 'number' ? each : each[i]!));
    const covariance = Matrix.diag([...own, ...groups.values()]);
    before.forEach((row, i) => {
      if (typeof row === 'number') return;
      row.forEach((value, j) => {
        covariance.set(i, j, value);
      });
    });
    return new Belief(before.length, [...groups.keys()], covariance);
  }

  /** The belief after rows were measured. */
  after(rows: readonly Row[]): Belief {
    if (rows.length === 0) return this;
    const { seen, inverted } = this.#update(rows);
    const less = seen.mmul(inverted).mmul(seen.transpose());
    return new Belief(this.parameters, this.#groups, Matrix.sub(this.#covariance, less));
  }

  /** Variance of Σ slopes × log parameters; misfit is not in it. */
  variance(slopes: readonly number[]): number {
    return Math.max(0, dot(slopes, this.#times(slopes)));
  }

  /** Standard deviation of the log parameter in a column. */
  sd(column: number): number {
    return Math.sqrt(Math.max(0, this.#covariance.get(column, column)));
  }

  /**
   * How much the variances of several combinations of the parameters would fall, each times its weight, if these rows were
   * measured.
   */
  varianceSaved(
    rows: readonly Row[],
    asked: readonly { slopes: readonly number[]; weight: number }[],
  ): number {
    const { seen, inverted } = this.#update(rows);
    return asked.reduce((sum, { slopes, weight }) => {
      const towards = rows.map((_, k) => slopes.reduce((part, slope, j) => part + slope * seen.get(j, k), 0));
      return sum + weight * quadratic(inverted, towards);
    }, 0);
  }

  /** How much the logarithm of the determinant of the parameters' covariance would fall if these rows were measured. */
  logDeterminantSaved(rows: readonly Row[], precision: Matrix): number {
    const { seen, inverted } = this.#update(rows);
    const own = seen.subMatrix(0, this.parameters - 1, 0, rows.length - 1);
    const share = inverted.mmul(own.transpose().mmul(precision).mmul(own));
    return -Math.log(Math.max(Number.MIN_VALUE, determinantOf(Matrix.sub(Matrix.eye(rows.length), share))));
  }

  /** Inverse of the parameters' covariance. */
  precision(): Matrix {
    const last = this.parameters - 1;
    return inverse(this.#covariance.subMatrix(0, last, 0, last));
  }

  /** Covariance of everything with the rows, and the inverse of the rows' own covariance, noise included. */
  #update(rows: readonly Row[]): { seen: Matrix; inverted: Matrix } {
    const whole = rows.map((row) => this.#whole(row));
    const seen = this.#covariance.mmul(new Matrix(whole).transpose());
    const inner = new Matrix(whole).mmul(seen);
    for (const [k, row] of rows.entries()) inner.set(k, k, inner.get(k, k) + row.own_variance);
    return { seen, inverted: inverse(inner) };
  }

  /** A row over parameters and groups. */
  #whole({ slopes, group }: Row): number[] {
    return [...slopes, ...this.#groups.map((name) => (name === group ? 1 : 0))];
  }

  #times(slopes: readonly number[]): number[] {
    return slopes.map((_, i) =>
      slopes.reduce((sum, slope, j) => sum + this.#covariance.get(i, j) * slope, 0),
    );
  }
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, j) => sum + value * b[j]!, 0);

const quadratic = (matrix: Matrix, vector: readonly number[]): number =>
  vector.reduce((sum, a, i) => sum + a * vector.reduce((part, b, j) => part + matrix.get(i, j) * b, 0), 0);

/** Of a matrix of one or two rows: a cell has two latencies at most. */
const determinantOf = (matrix: Matrix): number =>
  matrix.rows === 1
    ? matrix.get(0, 0)
    : matrix.get(0, 0) * matrix.get(1, 1) - matrix.get(0, 1) * matrix.get(1, 0);
