import type { Predictor } from './cell-model.ts';
import { type Choices, inferChoices, quickFit, robustCost } from './choices.ts';
import { closedFormCells } from './closed-form-cells.ts';
import { intervalFactors } from './conformal.ts';
import { type Dataset, withChoice } from './dataset.ts';
import { cellErrors, type ObservedError } from './errors.ts';
import { fitInput } from './fit-input.ts';
import { type FitOptions, fitRoofline, type RooflineFit } from './fit-roofline.ts';
import type { Observation } from './observations.ts';
import {
  type AskedPadding,
  judgePadding,
  lookForPadding,
  type UnsurePadding,
  unsureOf,
} from './padding/choose.ts';
import type { PaddingChoice } from './padding/sizes.ts';
import type { FittedModel, PredictorErrors } from './predictive.ts';
import type { Problem } from './problem.ts';
import { residualTable } from './residual-table.ts';
import { noiseOf, stateAt } from './state.ts';
import { stepTable } from './steps/step-table.ts';

/** A data set fitted: the engine facts inferred from it, the roofline, and what both predictors miss. */
export interface DatasetFit {
  readonly choices: Choices;
  /** The data set with its unknowns answered. */
  readonly answered: Dataset;
  readonly fit: RooflineFit;
  readonly model: FittedModel;
  /** Absent: nothing is known of padding, and no staircase was seen. */
  readonly padding?: PaddedFits;
  /** A staircase that explains something of the cells and too little to be used; absent: none. */
  readonly unsurePadding?: UnsurePadding;
}

/** A fit with padded steps beside one without. */
export interface PaddedFits extends AskedPadding {
  /** Robust cost of the fit with padding over that without. */
  readonly cost_ratio: number;
  /** Whether the one with padding is the one that was kept. */
  readonly used: boolean;
  /** The other one. */
  readonly rival: DatasetFit;
}

/**
 * Everything that is learnt from cells, in one place, so that a hold-out leaves its cells out of all of it: the answers to what
 * the record does not state, whether steps are padded, the parameters, the noise, the intervals' factors.
 */
export function fitDataset(dataset: Dataset, options: FitOptions): DatasetFit {
  const plain = fitAs(dataset, options, 'none');
  const { asked, unsure } = lookForPadding(dataset, plain.choices.choice, options);
  if (asked === null) return leavingOpen(plain, unsure);
  const padded = fitAs(dataset, options, asked.value);
  const verdict = judgePadding(asked, padded.fit, costWithout(dataset, options, plain, padded));
  if (!verdict.used && asked.value !== 'read') {
    return leavingOpen(plain, unsure ?? unsureOf({ ...asked, ...verdict }));
  }
  const [kept, rival] = verdict.used ? [padded, plain] : [plain, padded];
  return { ...kept, padding: { ...asked, ...verdict, rival } };
}

const leavingOpen = (plain: DatasetFit, unsurePadding: UnsurePadding | null): DatasetFit =>
  unsurePadding === null ? plain : { ...plain, unsurePadding };

/** Without padding a fit may end in a basin of its own: the one of the fit with padding counts, too. */
function costWithout(dataset: Dataset, options: FitOptions, plain: DatasetFit, padded: DatasetFit): number {
  const near = quickFit(dataset, plain.choices.choice, options, padded.fit);
  return Math.min(robustCost(plain.fit), robustCost(near));
}

function fitAs(dataset: Dataset, options: FitOptions, padding: PaddingChoice): DatasetFit {
  const choices = inferChoices(dataset, options, padding);
  const answered = withChoice(dataset, choices.choice);
  const fit = fitRoofline(fitInput(answered, options), options);
  return { choices, answered, fit, model: fittedModel(fit) };
}

/** The model of a fit, ready to predict with. */
export function fittedModel(fit: RooflineFit): FittedModel {
  const { card } = fit.solution.problem.input;
  return {
    card,
    parameters: fit.parameters,
    edges: fit.edges,
    names: fit.names,
    covariance: fit.covariance.matrix,
    degrees_of_freedom: fit.degrees_of_freedom,
    predictors: { scheduler: errorsOf(fit, 'scheduler'), closed_form: errorsOf(fit, 'closed_form') },
    residual_table: fit.predictor === 'scheduler' ? (stepTable(fit) ?? residualTable(fit)) : null,
  };
}

/** What a predictor misses at the fitted parameters, which need not have been fitted through it. */
function errorsOf(fit: RooflineFit, predictor: Predictor): PredictorErrors {
  if (fit.predictor === predictor) return { noise: fit.noise, interval_factors: intervalFactors(fit) };
  const { problem, point } = fit.solution;
  if (predictor === 'scheduler') return { noise: fit.noise, interval_factors: intervalFactors(fit) };
  const other: Problem = { ...problem, cells: closedFormCells(problem.input.card) };
  const { noise, residuals } = settledNoise(other, point, fit);
  return { noise, interval_factors: intervalFactors(fit, (term) => residuals[term]!) };
}

const NOISE_ROUNDS = 5;

function settledNoise(problem: Problem, point: readonly number[], fit: RooflineFit) {
  let { noise } = fit;
  for (let round = 0; round < NOISE_ROUNDS; round += 1) {
    noise = noiseOf(problem, stateAt(problem, point, noise).noise);
  }
  return { noise, residuals: stateAt(problem, point, noise).residuals };
}

/** Cells as they were measured, with their unknowns answered as the fit did. */
export const askedOf = (
  { choices, answered }: Pick<DatasetFit, 'choices' | 'answered'>,
  cells: readonly Observation[],
): readonly Observation[] => withChoice({ ...answered, observations: cells }, choices.choice).observations;

/** Errors of a fit on cells as they were measured. */
export const errorsOn = (
  fit: DatasetFit,
  cells: readonly Observation[],
  predictor: Predictor,
): ObservedError[] => cellErrors(fit.model, askedOf(fit, cells), predictor);
