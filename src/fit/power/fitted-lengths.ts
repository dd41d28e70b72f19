import type { Dataset } from '../dataset.ts';
import { fitDataset } from '../fit-dataset.ts';
import type { FitOptions } from '../fit-roofline.ts';
import type { Observation } from '../observations.ts';
import { fitPower, type PowerProblem } from './fit-power.ts';
import { measuredIdle, type PoweredCell, poweredCells } from './from-observations.ts';
import { powerPriors } from './parameters.ts';
import { asGoodLengths, fitWithLengths, usualLengths } from './unknown-lengths.ts';

/** Prompt length by task, tokens. */
export type PromptLengths = Readonly<Record<string, number>>;

/** A fitted length, and the shortest and longest of those that fit as well. */
export interface FittedLength {
  readonly tokens: number;
  readonly as_good: readonly [number, number];
}

/** Tasks whose prompt lengths are not recorded. */
export const unknownTasks = (observations: readonly Observation[]): string[] => [
  ...new Set(observations.flatMap(({ unknown_input }) => unknown_input?.task ?? [])),
];

/** Observations with the lengths of their tasks in the place of those that are not recorded. */
export const withLengths = (observations: readonly Observation[], lengths: PromptLengths): Observation[] =>
  observations.map((one) => ({
    ...one,
    input_tokens: lengths[one.unknown_input?.task ?? ''] ?? one.input_tokens,
  }));

/** As `withLengths`, with what was learnt of the lengths. */
export const withFittedLengths = (
  observations: readonly Observation[],
  fitted: ReadonlyMap<string, FittedLength>,
): Observation[] =>
  observations.map((one) => {
    const found = fitted.get(one.unknown_input?.task ?? '');
    if (found === undefined) return one;
    const { tokens, as_good } = found;
    return { ...one, input_tokens: tokens, unknown_input: { ...one.unknown_input!, as_good } };
  });

/**
 * One prompt length for each task that does not record it, a nuisance parameter of the power fit (performance-model section 6).
 * The step model is fitted with a usual length first, which moves it little. Only the cells given are looked at: those that are
 * kept from the fit take the lengths that the others tell.
 * @param limit_w power limit of one device, or null
 */
export function fittedLengths(
  dataset: Dataset,
  options: FitOptions,
  limit_w: number | null,
): Map<string, FittedLength> {
  const tasks = unknownTasks(dataset.observations);
  const { answered, fit } = fitDataset(dataset, options);
  const { accelerator, card, observations } = answered;
  const cells = cellsByLength(observations.map(withStay), (some) => poweredCells(card, fit, some));
  const priors = powerPriors(accelerator, card, measuredIdle(observations));
  const problemOf = (tried: PromptLengths): PowerProblem => ({
    observations: cells(tried).map(({ measured }) => measured),
    priors,
    limit_w,
  });
  const fitAt = (tried: PromptLengths) => fitPower(problemOf(tried));
  const lengths = usualLengths(fitWithLengths(tasks, problemOf).lengths, fitAt);
  return new Map(
    tasks.map((task) => {
      const good = asGoodLengths(task, lengths, fitAt);
      return [task, { tokens: lengths[task]!, as_good: [good[0]!, good.at(-1)!] }];
    }),
  );
}

/**
 * A cell whose E2E is not known with that which its throughput tells, by Little's law: a step model that was fitted with a guessed
 * length would make that very length look right.
 */
function withStay(one: Observation): Observation {
  const { e2e, output_tokens_per_s: rate, concurrency, mean_output_tokens } = one;
  if (e2e !== null || rate === null) return one;
  const seconds = (concurrency * mean_output_tokens) / rate.tokens_per_s;
  return { ...one, e2e: { seconds, relative_error: rate.relative_error } };
}

/** The work of every cell at some lengths; that of a task at one length is found once. */
function cellsByLength(
  observations: readonly Observation[],
  powered: (some: readonly Observation[]) => PoweredCell[],
): (lengths: PromptLengths) => PoweredCell[] {
  const found = new Map<string, PoweredCell[]>();
  const groups = [...Map.groupBy(observations, ({ unknown_input }) => unknown_input?.task ?? '')];
  return (lengths) =>
    groups.flatMap(([task, some]) => {
      const key = `${lengths[task] ?? ''} ${task}`;
      const cells = found.get(key) ?? powered(withLengths(some, lengths));
      found.set(key, cells);
      return cells;
    });
}
