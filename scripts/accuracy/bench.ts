import { BASELINE_FORMS } from '../../src/fit/baselines/forms.ts';
import { baselinesBesideFit } from '../../src/fit/baselines/score.ts';
import { refusal } from '../../src/fit/blocks.ts';
import type { Predictor } from '../../src/fit/cell-model.ts';
import { type Dataset, withChoice } from '../../src/fit/dataset.ts';
import { cellErrors, type ObservedError } from '../../src/fit/errors.ts';
import { type DatasetFit, errorsOn, fitDataset } from '../../src/fit/fit-dataset.ts';
import { DEFAULT_FIT_OPTIONS, type FitOptions } from '../../src/fit/fit-roofline.ts';
import { type Observation, shapeOf } from '../../src/fit/observations.ts';
import type { FittedModel } from '../../src/fit/predictive.ts';
import { ScheduleCache } from '../../src/fit/schedule-cache.ts';
import { scheduledMeans } from '../../src/roofline/scheduler/scheduled-means.ts';
import { inHull } from './hull.ts';
import type { Kind, Outcome, Score, Targets } from './score.ts';

/** As the product's own blocked validation: fits of parts of a data set need fewer starts. */
const PART_STARTS = 3;

export interface Question {
  readonly block: string;
  readonly name: string;
  readonly targets: Targets | null;
}

/** Fits and scores, each fit made once. All that is learnt, discrete choices included, comes from the training part. */
export class Bench {
  readonly options: FitOptions = { ...DEFAULT_FIT_OPTIONS, schedules: new ScheduleCache() };
  readonly #fits = new Map<string, DatasetFit>();
  readonly #onFit: (what: string) => void;

  /** @param onFit told before a fit is made */
  constructor(onFit: (what: string) => void) {
    this.#onFit = onFit;
  }

  /** Fit of the observations of a data set that are named. */
  fit(dataset: Dataset, training: readonly Observation[] = dataset.observations): DatasetFit {
    const key = training.map(({ cells }) => cells.join()).join(' ');
    const known = this.#fits.get(key);
    if (known) return known;
    const whole = training.length === dataset.observations.length;
    this.#onFit(`${dataset.card.id} ${dataset.accelerator.id}, ${training.length} cells`);
    const options = whole ? this.options : { ...this.options, starts: PART_STARTS };
    const fit = fitDataset({ ...dataset, observations: training }, options);
    this.#fits.set(key, fit);
    return fit;
  }

  /** Errors on the cells that were fitted. */
  inSample(question: Question, dataset: Dataset, predictor: Predictor = 'scheduler'): Score {
    const fit = this.fit(dataset);
    const { observations } = dataset;
    return score(question, 'in_sample', scored(fit, observations, observations, predictor));
  }

  /** Keeps cells from a fit of the others and predicts them; refused where the others cannot tell. */
  holdOut(question: Question, dataset: Dataset, isHeld: (one: Observation) => boolean): Score {
    const testing = dataset.observations.filter(isHeld);
    const training = dataset.observations.filter((one) => !isHeld(one));
    return this.predict(question, dataset, training, testing);
  }

  predict(
    question: Question,
    dataset: Dataset,
    training: readonly Observation[],
    testing: readonly Observation[],
  ): Score {
    if (testing.length === 0) return refused(question, 'hold_out', 'no cell to predict');
    const reason = refusal(training, testing);
    if (reason !== null) return refused(question, 'hold_out', reason);
    return score(question, 'hold_out', scored(this.fit(dataset, training), training, testing));
  }
}

export const refused = (question: Question, kind: Kind, reason: string): Score =>
  score(question, kind, { state: 'refused', reason });

export const score = (question: Question, kind: Kind, outcome: Outcome): Score => ({
  ...question,
  kind,
  repeated: false,
  outcome,
});

const scored = (
  fit: DatasetFit,
  training: readonly Observation[],
  testing: readonly Observation[],
  predictor: Predictor = 'scheduler',
): Outcome =>
  outcomeOf(errorsOn(fit, testing, predictor), {
    dataset: fit.answered,
    training: fit.answered.observations,
    testing: withChoice({ ...fit.answered, observations: testing }, fit.choices.choice).observations,
    hull: training,
  });

/** Cells of a data set whose facts are known, predicted by a model that came from elsewhere. */
export function foreignErrors(
  model: FittedModel,
  target: Dataset,
  training: readonly Observation[],
): Outcome {
  const testing = target.observations;
  return outcomeOf(cellErrors(model, testing, 'scheduler'), {
    dataset: target,
    training,
    testing,
    hull: training,
  });
}

interface Parts {
  readonly dataset: Dataset;
  readonly training: readonly Observation[];
  readonly testing: readonly Observation[];
  readonly hull: readonly Observation[];
}

/** Errors with their place in the hull, and simpler models on the very same cells. */
function outcomeOf(errors: readonly ObservedError[], { dataset, training, testing, hull }: Parts): Outcome {
  const { accelerator, card } = dataset;
  const latencies = errors.filter(({ metric }) => metric === 'ttft_ms' || metric === 'tpot_ms');
  const own = new Map(
    latencies.map(({ observation, metric, error_percent }) => [
      `${observation.cells.join()} ${metric}`,
      error_percent,
    ]),
  );
  const baselines = baselinesBesideFit(
    BASELINE_FORMS,
    [{ training, testing }],
    {
      accelerator,
      card,
      serve: (parameters, one) => scheduledMeans(card, parameters, one.engine, shapeOf(one)),
    },
    (one, metric) => own.get(`${one.cells.join()} ${metric}_ms`) ?? null,
  );
  const inside = inHull(hull);
  return {
    state: 'scored',
    errors: latencies.map((error) => ({ ...error, in_hull: inside(error.observation) })),
    baselines,
  };
}
