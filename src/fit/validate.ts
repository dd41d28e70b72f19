import { scheduledMeans } from '../roofline/scheduler/scheduled-means.ts';
import { BASELINE_FORMS } from './baselines/forms.ts';
import { baselinesBesideFit, type Fold, type JudgedBaseline } from './baselines/score.ts';
import { type Block, blocksOf, refusal } from './blocks.ts';
import { PREDICTORS, type Predictor } from './cell-model.ts';
import type { Dataset } from './dataset.ts';
import { type ErrorSummaries, type ObservedError, summariseErrors } from './errors.ts';
import { type DatasetFit, errorsOn, fitDataset } from './fit-dataset.ts';
import { type LatencyMetric, type Observation, shapeOf } from './observations.ts';
import type { FitOptions } from './search.ts';
import { summariseTails, type TailError, type TailSummaries } from './tails/tail-errors.ts';
import { unseenTails } from './tails/unseen-tails.ts';

/** Errors of both serving models. */
export type PredictorSummaries = Readonly<Record<Predictor, ErrorSummaries>>;

/** A part that was not scored, and why. */
export interface RefusedBlock {
  readonly name: string;
  readonly reason: string;
}

/** Blocks of one kind, each predicted by a fit that learnt nothing from it, pooled. */
export interface BlockedErrors {
  readonly kind: Block['kind'];
  /** Blocks that were predicted. */
  readonly blocks: number;
  readonly refused: readonly RefusedBlock[];
  readonly errors: PredictorSummaries;
  readonly baselines: readonly JudgedBaseline[];
  /** Of percentiles, by the scheduler; empty where no cell measured any. */
  readonly tails: TailSummaries;
}

export interface Validation {
  readonly in_sample: { readonly errors: PredictorSummaries; readonly baselines: readonly JudgedBaseline[] };
  /** Cells that were kept from the fit; null when there were none. */
  readonly hold_out: {
    readonly errors: PredictorSummaries;
    readonly baselines: readonly JudgedBaseline[];
    /** By the scheduler. */
    readonly cells: readonly ObservedError[];
  } | null;
  readonly blocked: readonly BlockedErrors[];
}

/** A testing part predicted by a fit of a training part. */
interface Scored {
  readonly fold: Fold;
  readonly errors: Readonly<Record<Predictor, readonly ObservedError[]>>;
}

interface ScoredBlock {
  readonly score: Scored;
  readonly tails: readonly TailError[];
}

/** Tells what a long validation is at. */
export type OnProgress = (what: string, done: number, total: number) => void;

const FOLD_STARTS = 3;

/**
 * Errors of a fit on the cells it saw, on those kept from it, and on each block of cells when everything is learnt anew without
 * it; simpler models beside it on the very same cells.
 * @param held cells kept from the fit
 */
export function validate(
  dataset: Dataset,
  whole: DatasetFit,
  held: readonly Observation[],
  options: FitOptions,
  onProgress: OnProgress = () => {},
): Validation {
  const seen = dataset.observations;
  const blocks = blocksOf(seen);
  const scored = blocks.map((block, index) => {
    onProgress(`hold-out ${block.name}`, index, blocks.length);
    return { block, ...scoreBlock(dataset, block, options) };
  });
  const inSample = scoreWith(whole, { training: seen, testing: seen });
  const holdOut = held.length === 0 ? null : scoreWith(whole, { training: seen, testing: held });
  return {
    in_sample: summary(dataset, [inSample]),
    hold_out: holdOut && { ...summary(dataset, [holdOut]), cells: holdOut.errors.scheduler },
    blocked: (['shape', 'tp', 'load'] as const).flatMap((kind): BlockedErrors[] => {
      const own = scored.filter(({ block }) => block.kind === kind);
      if (own.length === 0) return [];
      const answered = own.flatMap(({ scored }) => scored ?? []);
      return [
        {
          kind,
          blocks: answered.length,
          refused: own.flatMap(({ block, reason }) => (reason ? [{ name: block.name, reason }] : [])),
          ...summary(
            dataset,
            answered.map(({ score }) => score),
          ),
          tails: summariseTails(answered.flatMap(({ tails }) => tails)),
        },
      ];
    }),
  };
}

function scoreBlock(
  dataset: Dataset,
  { cells }: Block,
  options: FitOptions,
): { scored: ScoredBlock | null; reason: string | null } {
  const training = dataset.observations.filter((one) => !cells.has(one));
  const testing = [...cells];
  const reason = refusal(training, testing);
  if (reason !== null) return { scored: null, reason };
  const fit = fitDataset({ ...dataset, observations: training }, { ...options, starts: FOLD_STARTS });
  return {
    scored: { score: scoreWith(fit, { training, testing }), tails: unseenTails(fit, testing) },
    reason,
  };
}

function scoreWith(fit: DatasetFit, fold: Fold): Scored {
  const errors = Object.fromEntries(
    PREDICTORS.map((predictor) => [predictor, errorsOn(fit, fold.testing, predictor)]),
  );
  return { fold, errors: errors as unknown as Scored['errors'] };
}

function summary(dataset: Dataset, scored: readonly Scored[]) {
  const errors = Object.fromEntries(
    PREDICTORS.map((predictor) => [
      predictor,
      summariseErrors(scored.flatMap((each) => each.errors[predictor])),
    ]),
  ) as unknown as PredictorSummaries;
  const own = new Map(
    scored
      .flatMap((each) => each.errors.scheduler)
      .map(({ observation, metric, error_percent }) => [`${cellKey(observation)} ${metric}`, error_percent]),
  );
  const { accelerator, card } = dataset;
  const baselines = baselinesBesideFit(
    BASELINE_FORMS,
    scored.map(({ fold }) => fold),
    {
      accelerator,
      card,
      serve: (parameters, one) => scheduledMeans(card, parameters, one.engine, shapeOf(one)),
    },
    (one, metric: LatencyMetric) => own.get(`${cellKey(one)} ${metric}_ms`) ?? null,
  );
  return { errors, baselines };
}

/** The engine's settings are inferred per fold; the cell is the same. */
const cellKey = (one: Observation): string => one.cells.join();
