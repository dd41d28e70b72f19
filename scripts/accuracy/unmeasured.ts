import { globSync, readFileSync } from 'node:fs';
import { type Dataset, DEFAULT_CHOICE, type EngineChoice, withChoice } from '../../src/fit/dataset.ts';
import { expectedModel, usualErrors } from '../../src/fit/family/expected-model.ts';
import { familyOf } from '../../src/fit/family/family.ts';
import { type Traits, traitsOf } from '../../src/fit/family/member.ts';
import { degreesOf } from '../../src/fit/family/spread.ts';
import { chooseNext } from '../../src/fit/next-cells.ts';
import { type Observation, shapeOf } from '../../src/fit/observations.ts';
import type { FittedModel } from '../../src/fit/predictive.ts';
import { parametersInData } from '../../src/fit/problem.ts';
import { priorsOf } from '../../src/fit/transfer.ts';
import { modelOf } from '../../src/fitfile/apply.ts';
import { familyFits, memberOfFit, traitsOfFit } from '../../src/fitfile/family.ts';
import { parseFit } from '../../src/fitfile/parse.ts';
import type { Fit } from '../../src/fitfile/schema.ts';
import { parameterPriors } from '../../src/roofline/priors.ts';

let known: readonly Fit[] | undefined;

/** The fits in `fits/`, read once. */
export function publishedFits(): readonly Fit[] {
  known ??= globSync('fits/*/*/*.fit.json')
    .sort()
    .map((file) => parseFit(readFileSync(file, 'utf8'), file));
  return known;
}

/** A server that is to be predicted without its own fit. */
export interface Unmeasured {
  readonly dataset: Dataset;
  readonly engine: string;
  /** Engine facts that whoever serves there knows; the rest is as engines come. */
  readonly facts?: Partial<EngineChoice>;
}

export interface Guess {
  readonly model: FittedModel;
  /** Degrees of freedom that it is known by. */
  readonly degrees: number;
  readonly target: Dataset;
}

const traitsOfSet = ({ dataset, engine }: Unmeasured): Traits =>
  traitsOf(dataset.accelerator, engine, dataset.card);

/** Which published fits a server's guess is made without, by its own traits and theirs. */
export type LeftOut = (own: Traits) => (other: Traits) => boolean;
/** On no device: what a model is like is not known from elsewhere either. */
export const wholeModel: LeftOut = (own) => (other) => other.model === own.model;
export const wholeDevice: LeftOut = (own) => (other) => other.device === own.device;

/** What the published fits without some of them expect of a server. */
export function guess(server: Unmeasured, leftOut: LeftOut): Guess {
  const { dataset, engine, facts = {} } = server;
  const isOut = leftOut(traitsOfSet(server));
  const fits = familyFits(publishedFits(), dataset.accelerator.id).filter((fit) => !isOut(traitsOfFit(fit)));
  const target = withChoice(dataset, { ...DEFAULT_CHOICE, ...facts });
  const { accelerator, card } = target;
  const members = fits.map(memberOfFit);
  const traits = traitsOf(accelerator, engine, card);
  const degrees = degreesOf(members, traits);
  const errors = usualErrors(fits.map(modelOf), degrees);
  return {
    model: expectedModel(familyOf(members).expect(traits), accelerator, card, errors),
    degrees,
    target,
  };
}

/** A target's cells but those that were measured, which a fit of these has not seen. */
export const unseen = ({ target }: Guess, measured: readonly Observation[]): Dataset => ({
  ...target,
  observations: target.observations.filter((one) => !measured.includes(one)),
});

/** Relative error that a cell's means are expected to have. */
const EXPECTED_ERROR = 0.02;

/** Cells that narrow the predictions of all most, by what is expected before any is measured. */
export function cellsToMeasure({ model, target }: Guess, count: number): Observation[] {
  const { accelerator, card, observations } = target;
  const sites = observations.map((observation) => ({
    engine: observation.engine,
    shape: shapeOf(observation),
    seconds: 1,
    measured_error: EXPECTED_ERROR,
    observation,
  }));
  const { cells } = chooseNext({
    model,
    priors: priorsOf(model, parameterPriors(accelerator, card)),
    names: parametersInData(card, observations),
    measured: [],
    candidates: sites,
    asked: sites,
    count,
  });
  return cells.map(({ candidate }) => candidate.observation);
}
