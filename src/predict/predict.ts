import { RidgeError } from '../errors.ts';
import type { Predictor } from '../fit/cell-model.ts';
import { type Prediction, predictMeans } from '../fit/predictive.ts';
import { type PredictedSteps, predictSteps } from '../fit/tails/predict-steps.ts';
import { type PredictedTails, predictTails } from '../fit/tails/predict-tails.ts';
import { modelOf, settingsFor } from '../fitfile/apply.ts';
import type { Fit } from '../fitfile/schema.ts';
import { requireEvenHeads } from '../model/even-heads.ts';
import type { EngineSettings } from '../roofline/serving.ts';
import { cachedTokens } from '../roofline/serving.ts';
import type { Speculation } from '../roofline/speculation.ts';
import { extrapolationOf, MOST_DOUBLINGS, widened } from './extrapolation.ts';
import { judgeObjectives, type PredictedObjective } from './judge-objectives.ts';
import { type PredictedEnergy, predictEnergy } from './predict-power.ts';
import {
  type PredictionShape,
  refuseOddSpeculation,
  refuseTooLong,
  requireShape,
  wantsTails,
} from './prediction-shape.ts';
import { capacityOf, speculating } from './proposer.ts';

export type { PredictionShape };

/** Means with 90 % intervals: latencies in milliseconds, throughput in tokens per second over all devices of the server. */
export interface FitPrediction extends Prediction {
  readonly input: number;
  /** Of it, from the prefix cache: whole KV blocks. */
  readonly cached_input: number;
  readonly output: number;
  readonly concurrency: number;
  readonly tp: number;
  /** Null: every step gives a sequence one token. */
  readonly speculation: Speculation | null;
  readonly predictor: Predictor;
  /** What lies outside the cells that were measured, one sentence each; empty inside the range. */
  readonly extrapolates: readonly string[];
  /**
   * Factors of two by which it lies outside, added over the axes. Intervals widen by one width for each, and are null beyond
   * two.
   */
  readonly doublings_outside: number;
  /** The fit is of a simulated endpoint: no real device. */
  readonly simulated: boolean;
  /** Of the closed form: true where prompts nearly saturate the server, or requests queue for seats or KV. */
  readonly rough: boolean;
  /** Watts of all devices and joules a token; null where the fit holds no power. */
  readonly energy: PredictedEnergy | null;
  /** Percentiles of TTFT, TPOT, E2E and of the time between tokens (TBT), milliseconds; null where they were not asked for. */
  readonly tails: PredictedTails | null;
  /** Which steps lie between two tokens; null where percentiles were not asked for, and of a single output token. */
  readonly steps: PredictedSteps | null;
  /** Every limit that was asked; empty: none. */
  readonly objectives: readonly PredictedObjective[];
}

/**
 * Predicts the steady-state means of a closed loop from a fit, for a client that turns around as fast as the one that
 * measured (`client.turn_around_s` in the fit file) and jitters output lengths as it did (`protocol.output_jitter`).
 * @throws RidgeError (exit 2) when a length, the concurrency or the tensor parallel size is not a whole number above 0, when
 *   the model takes no request that long or cannot be split over so many devices, or when one request alone does not fit
 *   the KV cache
 */
export function predict(fit: Fit, shape: PredictionShape): FitPrediction {
  const { input, cachedInput = 0, output, concurrency, speculation, predictor = 'scheduler' } = shape;
  const tp = shape.tp ?? fit.range.tensor_parallel[0]!;
  requireShape(shape, tp);
  refuseTooLong(fit.model_card, input + output);
  requireEvenHeads(fit.model_card, tp, 'tp');
  refuseOddSpeculation(shape);
  const { fit: served, sentences: unmeasured } = speculating(fit, shape);
  const settings = settingsOf(fit, served, tp, speculation);
  if (input + output > settings.kvCapacityTokens) {
    throw new RidgeError(
      `${input} + ${output} tokens do not fit the KV cache of ${Math.floor(settings.kvCapacityTokens)} tokens at TP ${tp}`,
      { mend: 'Use a shorter request or a larger --tp.' },
    );
  }
  const loop = {
    inputTokens: input,
    cachedInputTokens: cachedInput,
    outputTokens: output,
    concurrency,
    turnAroundSeconds: fit.client.turn_around_s,
    driving: { kind: 'steady', output_jitter: fit.protocol.output_jitter } as const,
  };
  const model = modelOf(served);
  const { means, prediction } = predictMeans(model, settings, loop, { predictor });
  const cached = cachedTokens(loop);
  const { sentences, doublings } = extrapolationOf(fit, { input, cached, output, concurrency, tp });
  const shown = widened(prediction, doublings);
  const bare = wantsTails(shape) ? predictTails(model, settings, loop, predictor) : null;
  const tails = bare && widened(bare, doublings);
  return {
    ...shown,
    input,
    cached_input: cached,
    output,
    concurrency,
    tp,
    speculation: speculation ?? null,
    predictor,
    simulated: fit.simulated,
    extrapolates: [...sentences, ...unmeasured],
    doublings_outside: doublings,
    rough: means.rough,
    energy:
      doublings > MOST_DOUBLINGS
        ? null
        : predictEnergy(served, settings, loop, shown.output_tokens_per_s, 1 + doublings),
    tails,
    steps: wantsTails(shape) ? predictSteps(model, settings, loop, predictor) : null,
    objectives: judgeObjectives(shape.objectives ?? {}, shown, tails),
  };
}

function settingsOf(fit: Fit, served: Fit, tp: number, speculation: Speculation | undefined): EngineSettings {
  const settings = settingsFor(fit, tp);
  if (speculation === undefined) return settings;
  const kvCapacityTokens = capacityOf(fit, served, settings.kvCapacityTokens, tp);
  return { ...settings, speculation, kvCapacityTokens };
}
