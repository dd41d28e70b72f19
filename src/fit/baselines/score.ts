import { median } from '../../stats/sorted.ts';
import type { LatencyMetric, Observation } from '../observations.ts';
import type { BaselineContext, BaselineForm } from './form.ts';

/** Cells that a model is made from, and cells that it is judged on; the same ones for errors in sample. */
export interface Fold {
  readonly training: readonly Observation[];
  readonly testing: readonly Observation[];
}

/** A simpler model's errors on measured cells. */
export interface Baseline {
  readonly name: string;
  readonly form: string;
  readonly metric: 'ttft_ms' | 'tpot_ms';
  /** Cells that it has an answer for. */
  readonly n: number;
  /** Cells that it has none for: another tensor parallel size than it was trained on, or too few cells to train on. */
  readonly refused: number;
  /** Mean and median absolute error of its answers, percent; null without an answer. */
  readonly mape: number | null;
  readonly median_ape: number | null;
  /** Most numbers that it fitted in a fold. */
  readonly fitted_numbers: number;
}

/** Error of a model on a cell in percent, signed or not; null where it has none. */
export type CellErrorOf = (observation: Observation, metric: LatencyMetric) => number | null;

/** A baseline beside the fit that it should lose to. */
export interface JudgedBaseline extends Baseline {
  /** Mean absolute error of the fit on the cells that the baseline answered, percent. */
  readonly fit_mape: number | null;
  /** Whether the baseline's mean error is below the fit's on those cells. */
  readonly wins: boolean;
}

/** Errors of baselines that were trained on some cells, on these or on others. */
export const baselineErrors = (
  forms: readonly BaselineForm[],
  training: readonly Observation[],
  testing: readonly Observation[],
  context: BaselineContext,
): Baseline[] => forms.map((form) => summary(form, scoreFolds(form, [{ training, testing }], context)));

/**
 * Errors of baselines pooled over folds, beside the fit's own on the very same cells.
 * @param own error of the fit on a cell of a fold's testing part, made without it where the fold keeps it out of training
 */
export function baselinesBesideFit(
  forms: readonly BaselineForm[],
  folds: readonly Fold[],
  context: BaselineContext,
  own: CellErrorOf,
): JudgedBaseline[] {
  return forms.map((form) => {
    const score = scoreFolds(form, folds, context);
    const baseline = summary(form, score);
    const fit = score.answered.flatMap(({ observation }) => own(observation, form.metric) ?? []);
    const fitMape = mean(fit.map(Math.abs));
    const wins = baseline.mape !== null && fitMape !== null && baseline.mape < fitMape;
    return { ...baseline, fit_mape: fitMape, wins };
  });
}

interface Score {
  readonly answered: readonly { readonly observation: Observation; readonly error_percent: number }[];
  readonly refused: number;
  readonly fitted_numbers: number;
}

function scoreFolds(form: BaselineForm, folds: readonly Fold[], context: BaselineContext): Score {
  const scores = folds.map(({ training, testing }): Score => {
    const trained = form.train(training, context);
    const measured = testing.filter((one) => one[form.metric] !== null);
    const answered = measured.flatMap((observation) => {
      const seconds = trained.predict(observation);
      if (seconds === null) return [];
      return [{ observation, error_percent: (seconds / observation[form.metric]!.seconds - 1) * 100 }];
    });
    return {
      answered,
      refused: measured.length - answered.length,
      fitted_numbers: trained.fitted_numbers,
    };
  });
  return {
    answered: scores.flatMap((score) => score.answered),
    refused: scores.reduce((sum, score) => sum + score.refused, 0),
    fitted_numbers: Math.max(0, ...scores.map((score) => score.fitted_numbers)),
  };
}

function summary({ name, form, metric }: BaselineForm, score: Score): Baseline {
  const absolute = score.answered.map((each) => Math.abs(each.error_percent));
  return {
    name,
    form,
    metric: metric === 'ttft' ? 'ttft_ms' : 'tpot_ms',
    n: absolute.length,
    refused: score.refused,
    mape: mean(absolute),
    median_ape: median(absolute),
    fitted_numbers: score.fitted_numbers,
  };
}

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
