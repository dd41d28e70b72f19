/** Σ coefficient·variable between two bounds; a variable is named by its index. */
export interface Row {
  readonly terms: readonly (readonly [variable: number, coefficient: number])[];
  readonly lower: number;
  readonly upper: number;
}

export interface Variable {
  readonly cost: number;
  readonly lower: number;
  readonly upper: number;
  readonly integer: boolean;
}

/** A mixed-integer linear programme to be minimised. */
export interface Milp {
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
}

/** Values of the variables at the optimum; null where no values satisfy every row. */
export type MilpSolver = (milp: Milp) => readonly number[] | null;

/** Builds a programme a variable and a row at a time. */
export class MilpBuilder {
  readonly #variables: Variable[] = [];
  readonly #rows: Row[] = [];

  variable(cost: number, bounds: Partial<Pick<Variable, 'lower' | 'upper'>> = {}): number {
    const { lower = 0, upper = Number.POSITIVE_INFINITY } = bounds;
    return this.#variables.push({ cost, lower, upper, integer: false }) - 1;
  }

  /** 0 or 1. */
  binary(cost: number): number {
    return this.#variables.push({ cost, lower: 0, upper: 1, integer: true }) - 1;
  }

  equal(terms: Row['terms'], value: number): void {
    this.#rows.push({ terms, lower: value, upper: value });
  }

  atMost(terms: Row['terms'], value: number): void {
    this.#rows.push({ terms, lower: Number.NEGATIVE_INFINITY, upper: value });
  }

  build(): Milp {
    return { variables: this.#variables, rows: this.#rows };
  }
}
