import type { LatencyMetric, Observation } from '../observations.ts';
import type { BaselineForm } from './form.ts';

/** A form that is linear in its numbers, with a set of them for each tensor parallel size. */
export interface LinearForm {
  readonly name: string;
  readonly form: string;
  readonly metric: LatencyMetric;
  /** What each number is multiplied with, for a cell. */
  readonly features: (observation: Observation) => readonly number[];
  /** As many as there are features. */
  readonly numbers: number;
  readonly solve: (
    features: readonly (readonly number[])[],
    measured: readonly number[],
  ) => readonly number[] | null;
}

/** Trains a linear form apart on every tensor parallel size; on a size that it was not trained on it has no answer. */
export function perTensorParallel(linear: LinearForm): BaselineForm {
  const { name, form, metric, features, numbers } = linear;
  return {
    name,
    form: `${form}, per TP`,
    metric,
    fitted_numbers_per_tp: numbers,
    train: (training) => {
      const measured = training.filter((one) => one[metric] !== null);
      const groups = Map.groupBy(measured, (one) => one.engine.tensorParallel);
      const coefficients = new Map(
        [...groups].flatMap(([size, group]) => {
          const solved = linear.solve(
            group.map(features),
            group.map((one) => one[metric]!.seconds),
          );
          return solved === null ? [] : [[size, solved] as const];
        }),
      );
      return {
        fitted_numbers: numbers * coefficients.size,
        predict: (observation) => {
          const own = coefficients.get(observation.engine.tensorParallel);
          if (own === undefined) return null;
          return features(observation).reduce((sum, value, j) => sum + value * own[j]!, 0);
        },
      };
    },
  };
}
