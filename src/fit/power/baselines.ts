import { linearRegression, mean } from 'simple-statistics';
import type { PowerObservation } from './observation.ts';

/** A simpler way to predict power, made from training cells alone. */
export interface PowerBaseline {
  readonly name: string;
  /** @returns watts of one device, or null where it has nothing to say */
  train(
    training: readonly PowerObservation[],
    limit_w: number | null,
  ): (one: PowerObservation) => number | null;
}

export const POWER_BASELINES: readonly PowerBaseline[] = [
  { name: 'limit always', train: (_, limit_w) => () => limit_w },
  {
    name: 'mean of the cells',
    train: (training) => {
      const middle = mean(training.map(({ power_w }) => power_w));
      return () => middle;
    },
  },
  { name: 'linear in load', train: linearInLoad },
];

/** A straight line over the concurrency for each tensor parallel size; null for a size that was not trained on two loads. */
function linearInLoad(training: readonly PowerObservation[]): (one: PowerObservation) => number | null {
  const lines = new Map(
    [...Map.groupBy(training, ({ tensorParallel }) => tensorParallel)]
      .filter(([, cells]) => new Set(cells.map(({ concurrency }) => concurrency)).size > 1)
      .map(([size, cells]) => [
        size,
        linearRegression(cells.map(({ concurrency, power_w }) => [concurrency, power_w])),
      ]),
  );
  return ({ tensorParallel, concurrency }) => {
    const line = lines.get(tensorParallel);
    return line === undefined ? null : line.b + line.m * concurrency;
  };
}
