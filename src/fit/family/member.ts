import { EigenvalueDecomposition, inverse, Matrix } from 'ml-matrix';
import type { Accelerator } from '../../accelerator/accelerator.ts';
import type { ModelCard } from '../../model/card.ts';
import type { ParameterName } from '../../roofline/parameters.ts';
import type { Prior } from '../../roofline/priors.ts';
import { EDGE_SD } from '../noise.ts';
import type { FittedModel } from '../predictive.ts';
import { EDGE_NAMES } from '../problem.ts';
import { COORDINATES, type Coordinate, logUnit } from './coordinates.ts';

/** What two servers may have in common. */
export interface Traits {
  readonly device: string;
  readonly engine: string;
  /** The engine on the device: hosts, drivers and kernels belong to both. */
  readonly place: string;
  readonly kind: 'dense' | 'experts';
  /** The architecture, whatever a checkpoint is called and in whatever format its weights are. */
  readonly model: string;
}

/**
 * What one fit says beyond its prior: a Gaussian likelihood over `COORDINATES` about what it found. A prior that is taken off
 * would move the mean beyond it, to where the cells' slopes were never looked at: there the likelihood is not known.
 */
export interface Member {
  readonly id: string;
  readonly traits: Traits;
  /** Its own values; null where it has none. */
  readonly found: readonly (number | null)[];
  /**
   * Combinations of `COORDINATES` that its cells told of, each independent of the others and known to a standard deviation of 1;
   * none where the cells were silent.
   */
  readonly directions: readonly (readonly number[])[];
}

/** Inverse covariance of a member's likelihood over `COORDINATES`. */
export const precisionOf = ({ directions }: Pick<Member, 'directions'>): number[][] =>
  COORDINATES.map((_, i) =>
    COORDINATES.map((__, j) => directions.reduce((sum, slope) => sum + slope[i]! * slope[j]!, 0)),
  );

export function traitsOf(accelerator: Accelerator, engine: string, card: ModelCard): Traits {
  const { layers, hidden_size, vocabulary_size, attention, weight_groups } = card;
  return {
    device: accelerator.id,
    engine,
    place: `${accelerator.id} ${engine}`,
    kind: weight_groups.some(({ name }) => name === 'experts') ? 'experts' : 'dense',
    model: [layers, hidden_size, vocabulary_size, attention.query_heads].join('/'),
  };
}

/** A fit as it was made. */
export interface MemberFit {
  readonly id: string;
  readonly accelerator: Accelerator;
  readonly engine: string;
  readonly model: FittedModel;
  readonly priors: Readonly<Record<ParameterName, Prior>>;
  /** Parameters on a bound, of which the covariance is no measure. */
  readonly at_bound: readonly ParameterName[];
}

interface Column {
  readonly name: Coordinate;
  /** In the fit's covariance. */
  readonly column: number;
  readonly value: number;
  /** Of the prior. */
  readonly precision: number;
}

/** Shares of a standard deviation of 1 that are no information, but rounding. */
const LEAST = 1e-6;

/** A fit without its prior. */
export function memberOf({ id, accelerator, engine, model, priors, at_bound }: MemberFit): Member {
  const traits = traitsOf(accelerator, engine, model.card);
  const columns = [...model.names, ...EDGE_NAMES].flatMap((name, column): Column[] => {
    const isEdge = name === 'ttft_wait_steps' || name === 'decode_wait_steps';
    if (isEdge) return [{ name, column, value: model.edges[name], precision: EDGE_SD ** -2 }];
    const unit = logUnit(name, accelerator, model.card);
    if (unit === null || at_bound.includes(name)) return [];
    const value = Math.log(model.parameters[name]) - unit;
    return [{ name, column, value, precision: priors[name].log_sd ** -2 }];
  });
  const difference = inverse(
    new Matrix(columns.map((a) => columns.map((b) => model.covariance[a.column]![b.column]!))),
  );
  columns.forEach(({ precision }, i) => {
    difference.set(i, i, difference.get(i, i) - precision);
  });
  const place = COORDINATES.map((name) => columns.findIndex((one) => one.name === name));
  return {
    id,
    traits,
    found: place.map((i) => (i < 0 ? null : columns[i]!.value)),
    directions: toldDirections(difference).map((slope) => place.map((i) => (i < 0 ? 0 : slope[i]!))),
  };
}

/** All but the directions in which a fit knows no more than its prior. */
function toldDirections(precision: Matrix): number[][] {
  const { realEigenvalues: values, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(precision, {
    assumeSymmetric: true,
  });
  return values.flatMap((value, i) =>
    value > LEAST ? [vectors.getColumn(i).map((each) => each * Math.sqrt(value))] : [],
  );
}
