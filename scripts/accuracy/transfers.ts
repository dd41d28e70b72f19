import { type Dataset, type EngineChoice, withChoice } from '../../src/fit/dataset.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import type { Observation } from '../../src/fit/observations.ts';
import type { FittedModel } from '../../src/fit/predictive.ts';
import { priorsOf, transferModel } from '../../src/fit/transfer.ts';
import { parameterPriors } from '../../src/roofline/priors.ts';
import { type Bench, foreignErrors, type Question, score } from './bench.ts';
import type { Score } from './score.ts';

/** From one data set to another. */
export interface Move {
  readonly source: Dataset;
  readonly target: Dataset;
  /** Engine facts of the target that somebody knows, because they configured it. */
  readonly known?: Partial<EngineChoice>;
}

interface Carried {
  readonly model: FittedModel;
  readonly target: Dataset;
  readonly training: readonly Observation[];
}

/** What the target leaves open is answered as the source's fit did, but for facts that are known there. */
function carry(bench: Bench, { source, target, known = {} }: Move): Carried {
  const { model, answered, choices } = bench.fit(source);
  const there = withChoice(target, { ...choices.choice, ...known });
  return {
    model: transferModel(model, answered, there),
    target: there,
    training: answered.observations,
  };
}

/** Cells of one data set predicted by the fit of another, without any refit. */
export function transfer(bench: Bench, question: Question, move: Move): Score {
  const { model, target, training } = carry(bench, move);
  return score(question, 'transfer', foreignErrors(model, target, training));
}

/** The same once a single cell of the target was measured: the carried model is the prior of a fit of that cell. */
export function transferWithOneCell(bench: Bench, question: Question, move: Move): Score {
  const { model, target, training } = carry(bench, move);
  const cell = easiestCell(target.observations);
  const priors = priorsOf(model, parameterPriors(target.accelerator, target.card));
  const fit = fitDataset({ ...target, unknown: [], observations: [cell] }, { ...bench.options, priors });
  const rest = { ...target, observations: target.observations.filter((one) => one !== cell) };
  return score(question, 'transfer', foreignErrors(fit.model, rest, training));
}

/**
 * Lowest load, shortest shape, most devices: where a request's own overhead is the largest part of TTFT, and links take
 * part.
 */
export const easiestCell = (cells: readonly Observation[]): Observation =>
  [...cells].sort(
    (a, b) =>
      a.concurrency - b.concurrency ||
      a.input_tokens + a.output_tokens - (b.input_tokens + b.output_tokens) ||
      b.engine.tensorParallel - a.engine.tensorParallel,
  )[0]!;
