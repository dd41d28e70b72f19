import { type Dataset, DEFAULT_CHOICE, withChoice } from '../../src/fit/dataset.ts';
import { chooseNext, type MeasuredSite, type NextCandidate } from '../../src/fit/next-cells.ts';
import { priorModel } from '../../src/fit/next-prior.ts';
import { type Observation, shapeOf } from '../../src/fit/observations.ts';
import type { FittedModel } from '../../src/fit/predictive.ts';
import { parametersInData } from '../../src/fit/problem.ts';
import { type Priors, parameterPriors } from '../../src/roofline/priors.ts';
import type { Bench } from './bench.ts';

/** Cells chosen before the first fit; from then on every cell is chosen by a fit of those before it. */
const FIRST = 4;
/** Relative error that a cell's means are expected to have. */
const EXPECTED_ERROR = 0.02;

interface Candidate extends NextCandidate {
  readonly observation: Observation;
}

/** What is believed of the server when a cell is chosen. */
interface Belief {
  readonly model: FittedModel;
  readonly answered: Dataset;
}

/** The cells that the planner takes when it starts from nothing but the catalogue, one after the other. */
export function chosenCells(bench: Bench, dataset: Dataset, count: number): Observation[] {
  let chosen = next(nothingMeasured(dataset), dataset, [], FIRST);
  while (chosen.length < count) {
    const { model, choices } = bench.fit(dataset, chosen);
    chosen = next({ model, answered: withChoice(dataset, choices.choice) }, dataset, chosen, 1);
  }
  return chosen;
}

function nothingMeasured(dataset: Dataset): Belief {
  const answered = withChoice(dataset, DEFAULT_CHOICE);
  const { accelerator, card, observations } = answered;
  const priors = parameterPriors(accelerator, card);
  return { model: priorModel(card, priors, parametersInData(card, observations)), answered };
}

function next(
  { model, answered }: Belief,
  dataset: Dataset,
  before: readonly Observation[],
  count: number,
): Observation[] {
  const { accelerator, card, observations } = answered;
  const priors: Priors = parameterPriors(accelerator, card);
  // The same cells, with and without the answers to what the record leaves open.
  const sites = observations.map((one, index) => ({
    engine: one.engine,
    shape: shapeOf(one),
    // Cells are counted, not minutes.
    seconds: 1,
    measured_error: EXPECTED_ERROR,
    observation: dataset.observations[index]!,
  }));
  const isMeasured = ({ observation }: Candidate): boolean => before.includes(observation);
  const { cells } = chooseNext({
    model,
    priors,
    names: parametersInData(card, observations),
    measured: sites.filter(isMeasured).map(measuredSite),
    candidates: sites.filter((site) => !isMeasured(site)),
    asked: sites,
    count,
  });
  return [...before, ...cells.map(({ candidate: { observation } }) => observation)];
}

const measuredSite = ({ engine, shape, observation: { ttft, tpot } }: Candidate): MeasuredSite => ({
  engine,
  shape,
  errors: { ttft: ttft?.relative_error ?? null, tpot: tpot?.relative_error ?? null },
});
