import type { ParameterName } from '../roofline/parameters.ts';
import type { ClosedLoopShape, EngineSettings, ServingMeans } from '../roofline/serving.ts';
import type { Predictor } from './cell-model.ts';
import { FEWEST_TPOT_TOKENS } from './cell-observation.ts';
import type { Row } from './next-belief.ts';
import { discrepancyOf, EXPECTED_FREEDOM, regimeOf, termSd } from './noise.ts';
import type { LatencyMetric } from './observations.ts';
import type { FittedModel } from './predictive.ts';
import { EDGE_NAMES } from './problem.ts';
import { sensitivities } from './sensitivities.ts';

/** A cell on an engine. */
export interface Site {
  readonly engine: EngineSettings;
  readonly shape: ClosedLoopShape;
}

/** A latency of a cell as the model sees it. */
export interface LatencyRow extends Row {
  readonly metric: LatencyMetric;
  /** Standard deviation of what the model and its predictor miss of it, relative. */
  readonly missing_sd: number;
}

/** Part of the misfit's variance that cells of one kernel size share: their errors do not average out. */
const SHARED_MISFIT = 0.75;
/** What models of servers miss, before any cell says it. */
export const EXPECTED_MISFIT: Readonly<Record<LatencyMetric, number>> = { ttft: 0.04, tpot: 0.02 };

/** A fit to few cells explains them too well to say what it misses: its misfit counts by its degrees of freedom. */
function misfitOf(
  { predictors, degrees_of_freedom }: FittedModel,
  predictor: Predictor,
  metric: LatencyMetric,
) {
  const seen = degrees_of_freedom * predictors[predictor].noise.misfit[metric] ** 2;
  const expected = EXPECTED_FREEDOM * EXPECTED_MISFIT[metric] ** 2;
  return Math.sqrt((seen + expected) / (degrees_of_freedom + EXPECTED_FREEDOM));
}

/** Kernels are chosen by size: misfit is alike in decodes of one batch size and in prefills of one length, on every TP. */
const groupOf = (metric: LatencyMetric, { inputTokens, concurrency }: ClosedLoopShape): string =>
  metric === 'tpot' ? `decode ${concurrency}` : `prefill ${inputTokens}`;

/** Everything about a model that rows are made from; `names` may hold parameters that its covariance lacks. */
export interface RowSource {
  readonly model: FittedModel;
  readonly names: readonly ParameterName[];
  readonly predictor: Predictor;
}

/**
 * TTFT and TPOT of a cell (TTFT alone where a fit would not use its TPOT), at the model's parameters.
 * @param measuredError relative standard error that a measurement of them has, or would have
 */
export function rowsOf(
  { model, names, predictor }: RowSource,
  { engine, shape }: Site,
  measuredError: Readonly<Record<LatencyMetric, number>>,
): LatencyRow[] {
  const { means, slopes } = sensitivities({ ...model, names }, engine, shape, predictor);
  const row = (metric: LatencyMetric, by: readonly number[]): LatencyRow => {
    const missing_sd = missingSd(model, shape, means, metric, predictor);
    const misfit = misfitOf(model, predictor, metric);
    const shared_variance = SHARED_MISFIT * misfit ** 2;
    const whole = Math.max(missing_sd, misfit) ** 2 + measuredError[metric] ** 2;
    return {
      metric,
      // Cells in question do not speculate.
      slopes: by.slice(0, names.length + EDGE_NAMES.length),
      group: groupOf(metric, shape),
      missing_sd,
      shared_variance,
      own_variance: whole - shared_variance,
    };
  };
  const tpot = shape.outputTokens > FEWEST_TPOT_TOKENS ? slopes.tpot : null;
  return [row('ttft', slopes.ttft), ...(tpot ? [row('tpot', tpot)] : [])];
}

function missingSd(
  { predictors }: FittedModel,
  shape: ClosedLoopShape,
  means: ServingMeans,
  metric: LatencyMetric,
  predictor: Predictor,
): number {
  return termSd(
    {
      metric,
      regime: regimeOf(predictor, shape.concurrency),
      measured_error: 0,
      discrepancy: discrepancyOf(predictor, metric, shape.concurrency, means),
    },
    predictors[predictor].noise,
  );
}
