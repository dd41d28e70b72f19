import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { beforeAnyFit, COORDINATES, type Coordinate } from './coordinates.ts';
import type { Member, Traits } from './member.ts';

/** Standard deviations of a coordinate between servers, by what they do not share; `rest`: everything else. */
export interface Spread {
  readonly device: number;
  readonly engine: number;
  readonly place: number;
  readonly kind: number;
  readonly model: number;
  readonly rest: number;
}
export const TRAITS = ['device', 'engine', 'place', 'kind', 'model'] as const;
const COMPONENTS = [...TRAITS, 'rest'] as const;

export type Spreads = Readonly<Record<Coordinate, Spread>>;

/** Covariance of a coordinate of two servers. */
export function shared(coordinate: Coordinate, spread: Spread, a: Traits, b: Traits): number {
  const common = TRAITS.filter((trait) => a[trait] === b[trait]);
  return beforeAnyFit(coordinate).sd ** 2 + common.reduce((sum, trait) => sum + spread[trait] ** 2, 0);
}

/** More say no more. */
const MOST_DEGREES = 30;

/** Degrees of freedom of what is not known of a server: one less than the others that tell how such traits spread. */
export function degreesOf(members: readonly Member[], traits: Traits): number {
  const counts = (['device', 'model'] as const).flatMap((trait) => {
    const seen = new Set(members.map((member) => member.traits[trait]));
    return seen.has(traits[trait]) ? [] : [seen.size - 1];
  });
  return Math.max(1, Math.min(MOST_DEGREES, ...counts));
}

/** Few devices and models are known, so none is taken to be without spread. */
const GRID = [0.05, 0.1, 0.2, 0.35, 0.6, 1] as const;
const START: Spread = { device: 0.1, engine: 0.1, place: 0.1, kind: 0.1, model: 0.1, rest: 0.1 };
/** Half-normal weight on spreads: few fits cannot tell large ones. */
const USUAL = 0.5;
/** Less information than this share of the prior's is none. */
const LEAST_SHARE = 0.2;
const ROUNDS = 4;

/** Spreads under which the fits are likeliest, coordinate by coordinate (type-II maximum likelihood on a grid). */
export const spreadsOf = (members: readonly Member[]): Spreads =>
  Object.fromEntries(
    COORDINATES.map((coordinate) => [coordinate, spreadOf(coordinate, members)]),
  ) as unknown as Spreads;

interface Value {
  readonly traits: Traits;
  readonly value: number;
  readonly variance: number;
}

function spreadOf(coordinate: Coordinate, members: readonly Member[]): Spread {
  const column = COORDINATES.indexOf(coordinate);
  const values = members.flatMap((member) => likelyValue(coordinate, column, member));
  let best = START;
  let most = likelihood(coordinate, best, values);
  for (let round = 0, moved = true; moved && round < ROUNDS; round += 1) {
    moved = false;
    for (const component of COMPONENTS) {
      for (const sd of GRID) {
        const tried = { ...best, [component]: sd };
        const found = likelihood(coordinate, tried, values);
        if (found <= most + 1e-9) continue;
        [best, most, moved] = [tried, found, true];
      }
    }
  }
  return best;
}

/** One coordinate of a fit by itself, the others taken at what the fit found. */
function likelyValue(
  coordinate: Coordinate,
  column: number,
  { traits, precision, information }: Member,
): Value[] {
  const { centre, sd } = beforeAnyFit(coordinate);
  const own = precision[column]![column]!;
  if (own < LEAST_SHARE / sd ** 2) return [];
  const size = precision.length;
  // The prior closes what the cells left open, and is taken off the marginal again.
  const closed = new Matrix(
    precision.map((row, i) =>
      row.map((each, j) => each + (i === j ? beforeAnyFit(COORDINATES[i]!).sd ** -2 : 0)),
    ),
  );
  const told = Matrix.columnVector(
    Array.from({ length: size }, (_, i) => {
      const before = beforeAnyFit(COORDINATES[i]!);
      return information[i]! + before.centre * before.sd ** -2;
    }),
  );
  const solver = new CholeskyDecomposition(closed);
  const mean = solver.solve(told).get(column, 0);
  const unit = Matrix.zeros(size, 1);
  unit.set(column, 0, 1);
  const variance = solver.solve(unit).get(column, 0);
  const left = 1 / variance - sd ** -2;
  if (left < LEAST_SHARE / sd ** 2) return [];
  return [{ traits, value: (mean / variance - centre * sd ** -2) / left, variance: 1 / left }];
}

function likelihood(coordinate: Coordinate, spread: Spread, values: readonly Value[]): number {
  const weight = COMPONENTS.reduce((sum, component) => sum - 0.5 * (spread[component] / USUAL) ** 2, 0);
  if (values.length === 0) return weight;
  const matrix = new Matrix(
    values.map((a, i) =>
      values.map(
        (b, j) =>
          shared(coordinate, spread, a.traits, b.traits) + (i === j ? spread.rest ** 2 + a.variance : 0),
      ),
    ),
  );
  const off = Matrix.columnVector(values.map(({ value }) => value - beforeAnyFit(coordinate).centre));
  const solver = new CholeskyDecomposition(matrix);
  const half = solver.lowerTriangularMatrix.diagonal().reduce((sum, each) => sum + Math.log(each), 0);
  return weight - half - 0.5 * off.transpose().mmul(solver.solve(off)).get(0, 0);
}
