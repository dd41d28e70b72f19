import { type Dataset, withChoice } from '../../src/fit/dataset.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import type { Observation } from '../../src/fit/observations.ts';
import type { FittedModel } from '../../src/fit/predictive.ts';
import { priorsOf, transferModel } from '../../src/fit/transfer.ts';
import { parameterPriors } from '../../src/roofline/priors.ts';
import { type Bench, foreignErrors, type Question, score } from './bench.ts';
import type { Score } from './score.ts';

interface Carried {
  readonly model: FittedModel;
  /** What the target leaves open, answered as the source's fit did. */
  readonly target: Dataset;
  readonly training: readonly Observation[];
}

function carry(bench: Bench, source: Dataset, target: Dataset): Carried {
  const { model, answered, choices } = bench.fit(source);
  const there = withChoice(target, choices.choice);
  return {
    model: transferModel(model, answered, there),
    target: there,
    training: answered.observations,
  };
}

/** Cells of one data set predicted by the fit of another, without any refit. */
export function transfer(bench: Bench, question: Question, source: Dataset, target: Dataset): Score {
  const { model, target: there, training } = carry(bench, source, target);
  return score(question, 'transfer', foreignErrors(model, there, training));
}

/** The same once a single cell of the target was measured: the carried model is the prior of a fit of that cell. */
export function transferWithOneCell(
  bench: Bench,
  question: Question,
  source: Dataset,
  target: Dataset,
): Score {
  const { model, target: there, training } = carry(bench, source, target);
  const cell = easiestCell(there.observations);
  const priors = priorsOf(model, parameterPriors(there.accelerator, there.card));
  const fit = fitDataset({ ...there, unknown: [], observations: [cell] }, { ...bench.options, priors });
  const rest = { ...there, observations: there.observations.filter((one) => one !== cell) };
  return score(question, 'transfer', foreignErrors(fit.model, rest, training));
}

/** Lowest load, shortest shape, fewest devices: the cell that is measured first on a new device. */
export const easiestCell = (cells: readonly Observation[]): Observation =>
  [...cells].sort(
    (a, b) =>
      a.concurrency - b.concurrency ||
      a.input_tokens + a.output_tokens - (b.input_tokens + b.output_tokens) ||
      a.engine.tensorParallel - b.engine.tensorParallel,
  )[0]!;
