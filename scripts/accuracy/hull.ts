import type { Observation } from '../../src/fit/observations.ts';

const AXES: readonly ((one: Observation) => number)[] = [
  (one) => one.input_tokens,
  (one) => one.output_tokens,
  (one) => one.concurrency,
  (one) => one.engine.tensorParallel,
];

/** Whether a cell lies within the lengths, loads and TP sizes of other cells. */
export function inHull(training: readonly Observation[]): (one: Observation) => boolean {
  const ranges = AXES.map((read) => {
    const values = training.map(read);
    return [Math.min(...values), Math.max(...values)] as const;
  });
  return (one) =>
    AXES.every((read, axis) => {
      const [low, high] = ranges[axis]!;
      return read(one) >= low && read(one) <= high;
    });
}
