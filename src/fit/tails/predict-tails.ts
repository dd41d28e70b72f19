import type { ClosedLoopShape, EngineSettings } from '../../roofline/serving.ts';
import type { LatencyTails } from '../../roofline/tails.ts';
import type { Predictor } from '../cell-model.ts';
import { quadraticForm } from '../covariance.ts';
import { type FittedModel, type Predicted, predictMeans } from '../predictive.ts';
import { EDGE_NAMES } from '../problem.ts';
import { formTails, type TailsNear } from './form-tails.ts';
import { partsOf, TAIL_KEYS, type TailKey } from './tail-keys.ts';
import { startOf, type TailMiss, type TailModel, tailEngine, UNKNOWN_TAILS } from './tail-model.ts';
import { TailRuns } from './tail-runs.ts';

/** Percentiles by key, ms. */
export type PredictedTails = Readonly<Record<TailKey, Predicted>>;

/** Half-width of a normal's 90 % interval, in standard deviations. */
const HALF_WIDTH_90 = 1.645;

/**
 * Percentiles of a closed loop with 90 % intervals: the parameters' covariance carried through, plus how far the percentile was
 * off on the cells of the fit. Where the fit's cells did not measure a percentile it has no interval. Null for one batch, and of
 * an open loop by the closed form.
 */
export function predictTails(
  fit: FittedModel,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  predictor: Predictor = 'scheduler',
): PredictedTails | null {
  const model = fit.tails ?? UNKNOWN_TAILS;
  const tails =
    predictor === 'closed_form'
      ? formTails(fit, model, engine, shape)
      : scheduledAt(fit, model, engine, shape);
  if (tails === null) return null;
  const misses = (predictor === 'closed_form' ? model.closed_form_misses : model.misses) ?? [];
  const moved = misses.length === 0 ? [] : movedTails(fit, tails);
  return Object.fromEntries(
    TAIL_KEYS.map((key) => [key, predictedOf(key, tails.central, moved, fit, misses)]),
  ) as unknown as PredictedTails;
}

function scheduledAt(
  fit: FittedModel,
  model: TailModel,
  engine: EngineSettings,
  shape: ClosedLoopShape,
): TailsNear | null {
  const { tpotSeconds } = predictMeans(fit, engine, shape).means;
  const runs = TailRuns.of(fit, tailEngine(model, engine), shape, tpotSeconds);
  if (runs === null) return null;
  const start = startOf(model, shape.inputTokens);
  return {
    central: runs.tails(model.traits, start),
    at: (parameters, edges) => runs.tailsAt(parameters, edges, model.traits, start),
  };
}

const secondsOf = (tails: LatencyTails, key: TailKey): number | null => {
  const { metric, quantile } = partsOf(key);
  return tails[metric]?.quantiles[quantile] ?? null;
};

function predictedOf(
  key: TailKey,
  central: LatencyTails,
  moved: readonly LatencyTails[],
  { covariance }: FittedModel,
  misses: readonly TailMiss[],
): Predicted {
  const seconds = secondsOf(central, key);
  if (seconds === null) return { value: null, interval_90: null };
  const value = 1e3 * seconds;
  const miss = misses.find((one) => one.key === key);
  if (miss === undefined) return { value, interval_90: null };
  const slopes = moved.map((tails, column) => {
    const isEdge = column >= moved.length - EDGE_NAMES.length;
    return Math.log(secondsOf(tails, key)! / seconds) / (isEdge ? EDGE_DIFFERENCE : PARAMETER_DIFFERENCE);
  });
  // How sure a draft's costs are, behind the edges, stays out of it.
  const own = covariance.slice(0, slopes.length).map((row) => row.slice(0, slopes.length));
  const known = HALF_WIDTH_90 * Math.sqrt(Math.max(0, quadraticForm(own, slopes)));
  const spread = Math.exp(Math.hypot(known, miss.log_half_width_90));
  return { value, interval_90: [value / spread, value * spread] };
}

/** Of a logarithm, and in steps: well above what a quantile is found to. */
const PARAMETER_DIFFERENCE = 0.02;
const EDGE_DIFFERENCE = 0.05;

/** Tails with one fitted value moved a little, in the order of the covariance: the parameters' logarithms, then the edges. */
function movedTails({ names, parameters, edges }: FittedModel, tails: TailsNear): LatencyTails[] {
  return [
    ...names.map((name) => {
      const shifted = { ...parameters, [name]: parameters[name] * Math.exp(PARAMETER_DIFFERENCE) };
      return tails.at(shifted, edges);
    }),
    ...EDGE_NAMES.map((name) => tails.at(parameters, { ...edges, [name]: edges[name] + EDGE_DIFFERENCE })),
  ];
}
