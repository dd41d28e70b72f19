import { blocksOf, loadBlocks } from '../blocks.ts';
import { leaveOut } from '../cross-validation.ts';
import type { ObservedError } from '../errors.ts';
import type { RooflineFit } from '../fit-roofline.ts';
import { LATENCY_METRICS, type LatencyMetric } from '../observations.ts';

/** Mean absolute errors, percent; null where no such number was measured. */
export type LatencyErrors = Readonly<Record<`${LatencyMetric}_mape`, number | null>>;

/** How well a fit predicts its own numbers, those of each load (or shape) left out in turn, and cells that were kept from it. */
export interface PaddingScores {
  readonly in_sample: LatencyErrors;
  /** Null: too few loads and shapes to leave any out. */
  readonly left_out: LatencyErrors | null;
  readonly hold_out: LatencyErrors | null;
}

/** @param held errors on cells that were kept from the fit */
export function paddingScores(fit: RooflineFit, held: readonly ObservedError[]): PaddingScores {
  const { observations } = fit.solution.problem.input;
  const loads = loadBlocks(observations);
  const blocks = loads.length > 0 ? loads : blocksOf(observations).filter(({ kind }) => kind === 'shape');
  return {
    in_sample: meansOf(fit.terms),
    left_out: blocks.length === 0 ? null : meansOf(blocks.flatMap(({ cells }) => leaveOut(fit, cells))),
    hold_out: held.length === 0 ? null : meansOfHeld(held),
  };
}

const mape = (errors: readonly number[]): number | null =>
  errors.length === 0
    ? null
    : (100 * errors.reduce((sum, error) => sum + Math.abs(error), 0)) / errors.length;

const byMetric = (read: (metric: LatencyMetric) => readonly number[]): LatencyErrors =>
  Object.fromEntries(
    LATENCY_METRICS.map((metric) => [`${metric}_mape`, mape(read(metric))]),
  ) as LatencyErrors;

const meansOf = (
  terms: readonly { readonly metric: LatencyMetric; readonly residual: number }[],
): LatencyErrors =>
  byMetric((metric) =>
    terms.filter((term) => term.metric === metric).map(({ residual }) => Math.expm1(residual)),
  );

const meansOfHeld = (held: readonly ObservedError[]): LatencyErrors =>
  byMetric((metric) =>
    held.filter((error) => error.metric === `${metric}_ms`).map(({ error_percent }) => error_percent / 100),
  );
