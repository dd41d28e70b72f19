import type { Dataset } from '../../../src/fit/dataset.ts';
import type { Observation } from '../../../src/fit/observations.ts';
import type { Bench } from '../bench.ts';
import { pooled, type Score, type Targets } from '../score.ts';

/** A block of questions; its fits are made when it is asked. */
export interface Block {
  readonly code: string;
  readonly ask: (bench: Bench) => readonly Score[];
}

/** A data set with the name that it has in the table. */
export interface Named {
  readonly name: string;
  readonly data: () => Dataset;
}

export const isShape =
  (...shapes: string[]) =>
  ({ input_tokens, output_tokens }: Observation): boolean =>
    shapes.includes(`${input_tokens}/${output_tokens}`);

export const hasLoad =
  (...loads: number[]) =>
  ({ concurrency }: Observation): boolean =>
    loads.includes(concurrency);

export const hasTp =
  (...sizes: number[]) =>
  ({ engine }: Observation): boolean =>
    sizes.includes(engine.tensorParallel);

const sizesOf = ({ observations }: Dataset): number[] =>
  [...new Set(observations.map(({ engine }) => engine.tensorParallel))].sort((a, b) => a - b);

/** Every TP size held out in turn, then all their rows as one. */
export function leaveOneTpOut(
  bench: Bench,
  block: string,
  { name, data }: Named,
  targets: { readonly all: Targets; readonly each?: Readonly<Record<number, Targets>> },
): Score[] {
  const dataset = data();
  const folds = sizesOf(dataset).map((size) =>
    bench.holdOut(
      { block, name: `${name}, TP ${size}`, targets: targets.each?.[size] ?? null },
      dataset,
      hasTp(size),
    ),
  );
  return [...folds, pooled(`${name}, every TP, all rows`, folds, targets.all)];
}
