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

/** What one fit says beyond its prior: a Gaussian likelihood over `COORDINATES` in information form. */
export interface Member {
  readonly id: string;
  readonly traits: Traits;
  /** Inverse covariance of the likelihood; singular where the cells were silent. */
  readonly precision: readonly (readonly number[])[];
  /** Precision times the likelihood's mean. */
  readonly information: readonly number[];
}

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
  readonly centre: number;
  readonly precision: number;
}

/** Shares of a standard deviation of 1 that are no information, but rounding. */
const LEAST = 1e-6;

/** A fit without its prior. */
export function memberOf({ id, accelerator, engine, model, priors, at_bound }: MemberFit): Member {
  const traits = traitsOf(accelerator, engine, model.card);
  const columns = [...model.names, ...EDGE_NAMES].flatMap((name, column): Column[] => {
    const isEdge = name === 'ttft_wait_steps' || name === 'decode_wait_steps';
    if (isEdge) return [{ name, column, value: model.edges[name], centre: 0, precision: EDGE_SD ** -2 }];
    const unit = logUnit(name, accelerator, model.card);
    if (unit === null || at_bound.includes(name)) return [];
    const { centre, log_sd } = priors[name];
    const value = Math.log(model.parameters[name]) - unit;
    return [{ name, column, value, centre: Math.log(centre) - unit, precision: log_sd ** -2 }];
  });
  const posterior = inverse(
    new Matrix(columns.map((a) => columns.map((b) => model.covariance[a.column]![b.column]!))),
  );
  const difference = posterior.clone();
  columns.forEach(({ precision }, i) => {
    difference.set(i, i, difference.get(i, i) - precision);
  });
  const told = columns.map(({ centre, precision }, i) => {
    const whole = columns.reduce((sum, { value }, j) => sum + posterior.get(i, j) * value, 0);
    return whole - precision * centre;
  });
  const { precision, information } = positivePart(difference, told);
  const place = COORDINATES.map((name) => columns.findIndex((one) => one.name === name));
  return {
    id,
    traits,
    precision: place.map((i) => place.map((j) => (i < 0 || j < 0 ? 0 : precision.get(i, j)))),
    information: place.map((i) => (i < 0 ? 0 : information[i]!)),
  };
}

/** Without the directions in which a fit knows no more than its prior. */
function positivePart(matrix: Matrix, told: readonly number[]) {
  const { realEigenvalues: values, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(matrix, {
    assumeSymmetric: true,
  });
  const size = told.length;
  const precision = Matrix.zeros(size, size);
  const information = Array.from({ length: size }, () => 0);
  values.forEach((value, k) => {
    if (value <= LEAST) return;
    const vector = vectors.getColumn(k);
    const along = vector.reduce((sum, each, i) => sum + each * told[i]!, 0);
    for (let i = 0; i < size; i += 1) {
      information[i]! += along * vector[i]!;
      for (let j = 0; j < size; j += 1)
        precision.set(i, j, precision.get(i, j) + value * (vector[i]! * vector[j]!));
    }
  });
  return { precision, information };
}
