import { CholeskyDecomposition, inverse, Matrix } from 'ml-matrix';
import { beforeAnyFit, COORDINATES, type Coordinate } from './coordinates.ts';
import { type Member, precisionOf, type Traits } from './member.ts';
import { betweenServers, type OwnVariances, type Spread, type Spreads, TRAITS } from './spread.ts';

type Sds = Omit<Spread, 'outlying'>;
const COMPONENTS = [...TRAITS, 'rest'] as const;
/** Few devices and models are known, so none is taken to be without spread. */
const GRID = [0.05, 0.1, 0.2, 0.35, 0.6, 1] as const;
const START: Sds = { device: 0.1, engine: 0.1, place: 0.1, kind: 0.1, model: 0.1, rest: 0.1 };
/** Half-normal weight on spreads: few fits cannot tell large ones. */
const USUAL = 0.5;
/** Less information than this share of the prior's is none. */
const LEAST_SHARE = 0.2;
const ROUNDS = 4;
/** Standard deviations off what the others expect beyond which a server is unlike them. */
const UNLIKE = 1.5;
const UNLIKE_ROUNDS = 6;

/** How servers spread, and what each has on top of it, a variance by member. */
export interface LikelySpreads {
  readonly spreads: Spreads;
  readonly own: OwnVariances;
}

/**
 * Spreads under which the fits are likeliest, coordinate by coordinate (type-II maximum likelihood on a grid). A server whose
 * value is unlike what all others together expect (kernels that nobody has tuned yet, say) gets a variance of its own, so that it
 * tells about itself and pulls neither the others' centre nor their spread (Huber's idea on leave-one-out residuals).
 */
export function likelySpreads(members: readonly Member[]): LikelySpreads {
  const each = COORDINATES.map((coordinate) => [coordinate, spreadOf(coordinate, members)] as const);
  return {
    spreads: Object.fromEntries(each.map(([name, { spread }]) => [name, spread])) as unknown as Spreads,
    own: Object.fromEntries(each.map(([name, { own }]) => [name, own])) as unknown as OwnVariances,
  };
}

interface Value {
  /** Place among the members. */
  readonly member: number;
  readonly traits: Traits;
  readonly value: number;
  readonly variance: number;
}

function spreadOf(coordinate: Coordinate, members: readonly Member[]): { spread: Spread; own: number[] } {
  const known = members.flatMap((member, i) => likelyValue(coordinate, member, i));
  const own = members.map(() => 0);
  let sds = mostLikely(coordinate, known);
  for (let round = 0; known.length > 2 && round < UNLIKE_ROUNDS; round += 1) {
    const values = known.map((one) => ({ ...one, variance: one.variance + own[one.member]! }));
    const weights = inverse(covariance(coordinate, sds, values));
    const pull = weights.mmul(offsets(coordinate, values)).getColumn(0);
    known.forEach(({ member }, i) => {
      const variance = 1 / weights.get(i, i);
      const residual = pull[i]! * variance;
      own[member] = Math.max(0, (residual / UNLIKE) ** 2 - (variance - own[member]!));
    });
    sds = mostLikely(
      coordinate,
      known.map((one) => ({ ...one, variance: one.variance + own[one.member]! })),
    );
  }
  const mean = own.reduce((sum, variance) => sum + variance, 0) / Math.max(1, known.length);
  return { spread: { ...sds, outlying: Math.sqrt(mean) }, own };
}

function mostLikely(coordinate: Coordinate, values: readonly Value[]): Sds {
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

/** One coordinate of a fit by itself: what it found, and what its cells alone leave open once the others are closed. */
function likelyValue(coordinate: Coordinate, one: Member, member: number): Value[] {
  const { traits, found } = one;
  const precision = precisionOf(one);
  const column = COORDINATES.indexOf(coordinate);
  const { sd } = beforeAnyFit(coordinate);
  const value = found[column] ?? null;
  if (value === null || precision[column]![column]! < LEAST_SHARE / sd ** 2) return [];
  const closed = new Matrix(
    precision.map((row, i) =>
      row.map((each, j) => each + (i === j ? beforeAnyFit(COORDINATES[i]!).sd ** -2 : 0)),
    ),
  );
  const unit = Matrix.zeros(precision.length, 1);
  unit.set(column, 0, 1);
  const left = 1 / new CholeskyDecomposition(closed).solve(unit).get(column, 0) - sd ** -2;
  return left < LEAST_SHARE / sd ** 2 ? [] : [{ member, traits, value, variance: 1 / left }];
}

const covariance = (coordinate: Coordinate, sds: Sds, values: readonly Value[]): Matrix =>
  new Matrix(
    betweenServers(
      coordinate,
      sds,
      values.map(({ variance }) => variance),
      values,
    ),
  );

const offsets = (coordinate: Coordinate, values: readonly Value[]): Matrix =>
  Matrix.columnVector(values.map(({ value }) => value - beforeAnyFit(coordinate).centre));

function likelihood(coordinate: Coordinate, sds: Sds, values: readonly Value[]): number {
  const weight = COMPONENTS.reduce((sum, component) => sum - 0.5 * (sds[component] / USUAL) ** 2, 0);
  if (values.length === 0) return weight;
  const off = offsets(coordinate, values);
  const solver = new CholeskyDecomposition(covariance(coordinate, sds, values));
  const half = solver.lowerTriangularMatrix.diagonal().reduce((sum, each) => sum + Math.log(each), 0);
  return weight - half - 0.5 * off.transpose().mmul(solver.solve(off)).get(0, 0);
}
