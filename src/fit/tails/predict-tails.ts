import { closedLoopTails } from '../../roofline/closed-form-tails.ts';
import type { ClosedLoopShape, EngineSettings } from '../../roofline/serving.ts';
import type { LatencyTails } from '../../roofline/tails.ts';
import type { Predictor } from '../cell-model.ts';
import { quadraticForm } from '../covariance.ts';
import { type FittedModel, type Predicted, predictMeans } from '../predictive.ts';
import { EDGE_NAMES } from '../problem.ts';
import { partsOf, TAIL_KEYS, type TailKey } from './tail-keys.ts';
import { startOf, type TailModel, tailEngine, UNKNOWN_TAILS } from './tail-model.ts';
import { TailRuns } from './tail-runs.ts';

/** Percentiles by key, ms. */
export type PredictedTails = Readonly<Record<TailKey, Predicted>>;

/** Half-width of a normal's 90 % interval, in standard deviations. */
const HALF_WIDTH_90 = 1.645;

/**
 * Percentiles of a closed loop with 90 % intervals: the parameters' covariance carried through, plus how far the percentile was
 * off on the cells of the fit. Where the fit's cells did not measure a percentile it has no interval, nor has any by the closed
 * form. Null for one batch, and of a burst by the closed form.
 */
export function predictTails(
  fit: FittedModel,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  predictor: Predictor = 'scheduler',
): PredictedTails | null {
  const model = fit.tails ?? UNKNOWN_TAILS;
  const { tpotSeconds } = predictMeans(fit, engine, shape, { predictor }).means;
  if (predictor === 'closed_form') return byClosedForm(fit, model, engine, shape, tpotSeconds);
  const runs = TailRuns.of(fit, tailEngine(model, engine), shape, tpotSeconds);
  if (runs === null) return null;
  const start = startOf(model, shape.inputTokens);
  const central = runs.tails(model.traits, start);
  const moved = model.misses.length === 0 ? [] : movedTails(fit, runs, model, shape);
  return Object.fromEntries(
    TAIL_KEYS.map((key) => [key, predictedOf(key, central, moved, fit, model)]),
  ) as unknown as PredictedTails;
}

/** @param tpotSeconds mean TPOT by the fit, its correction by batch size included */
function byClosedForm(
  { card, parameters, edges }: FittedModel,
  { traits, ...model }: TailModel,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  tpotSeconds: number | null,
): PredictedTails | null {
  const tails = closedLoopTails(card, parameters, tailEngine(model, engine), shape, { edges, traits });
  if (tails === null) return null;
  const ratio = tails.tpot === null || tpotSeconds === null ? 1 : tpotSeconds / tails.tpot.mean;
  const values = TAIL_KEYS.map((key) => {
    const seconds = secondsOf(tails, key);
    const factor = key.startsWith('ttft') ? 1 : ratio;
    return [key, { value: seconds === null ? null : 1e3 * factor * seconds, interval_90: null }];
  });
  return Object.fromEntries(values) as unknown as PredictedTails;
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
  { misses }: TailModel,
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
function movedTails(
  { names, parameters, edges }: FittedModel,
  runs: TailRuns,
  model: TailModel,
  { inputTokens }: ClosedLoopShape,
): LatencyTails[] {
  const start = startOf(model, inputTokens);
  return [
    ...names.map((name) => {
      const shifted = { ...parameters, [name]: parameters[name] * Math.exp(PARAMETER_DIFFERENCE) };
      return runs.tailsAt(shifted, edges, model.traits, start);
    }),
    ...EDGE_NAMES.map((name) => {
      const shifted = { ...edges, [name]: edges[name] + EDGE_DIFFERENCE };
      return runs.tailsAt(parameters, shifted, model.traits, start);
    }),
  ];
}
