import { bindCard } from '../accelerator/peaks.ts';
import { RidgeError } from '../errors.ts';
import type { Predictor } from '../fit/cell-model.ts';
import { type Prediction, predictMeans } from '../fit/predictive.ts';
import { type PredictedTails, predictTails } from '../fit/tails/predict-tails.ts';
import { modelOf, settingsFor } from '../fitfile/apply.ts';
import type { Fit } from '../fitfile/schema.ts';
import type { ModelCard } from '../model/card.ts';
import { withDraft } from '../model/draft.ts';
import { requireEvenHeads } from '../model/even-heads.ts';
import { cachedTokens } from '../roofline/serving.ts';
import type { Speculation } from '../roofline/speculation.ts';
import type { Objectives } from '../suite/schema.ts';
import { extrapolationOf, MOST_DOUBLINGS, widened } from './extrapolation.ts';
import { judgeObjectives, type PredictedObjective } from './judge-objectives.ts';
import { type PredictedEnergy, predictEnergy } from './predict-power.ts';

/** A steady closed loop to predict. */
export interface PredictionShape {
  /** Prompt length, tokens. */
  readonly input: number;
  /** Tokens at the beginning of every prompt that are in the prefix cache, the same for all; default 0. */
  readonly cachedInput?: number | undefined;
  /** Output length, tokens. */
  readonly output: number;
  /** Streams that each send their next request when the last one finished. */
  readonly concurrency: number;
  /** Speculative decoding: tokens proposed in a step, and the share of them that is accepted; default: none. */
  readonly speculation?: Speculation | undefined;
  /** The model that proposes them, whose weights are read for each; default: proposals cost nothing (n-grams of the prompt). */
  readonly draft?: ModelCard | undefined;
  /** Tensor parallel size; default: the smallest that was measured. */
  readonly tp?: number | undefined;
  /**
   * Serving model over the fitted step: the event-skipping scheduler (default, about a millisecond) or the closed form
   * (microseconds; rough where prompts queue).
   */
  readonly predictor?: Predictor | undefined;
  /** Whether percentiles are predicted, too: some tens of milliseconds; those that objectives name always are. */
  readonly tails?: boolean | undefined;
  /** Latency limits in milliseconds, as suites write them: `{ tbt_p99_ms: 20 }`. */
  readonly objectives?: Objectives | undefined;
}

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
  const { input, cachedInput = 0, output, concurrency, predictor = 'scheduler' } = shape;
  const tp = shape.tp ?? fit.range.tensor_parallel[0]!;
  for (const [name, value] of Object.entries({ input, output, concurrency, tp })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RidgeError(`${name} must be a whole number of 1 or more, not ${value}`);
    }
  }
  if (!Number.isInteger(cachedInput) || cachedInput < 0 || cachedInput >= input) {
    throw new RidgeError(
      `cached input must be a whole number below the input (${input}), not ${cachedInput}`,
    );
  }
  refuseImpossible(fit.model_card, input + output, tp);
  const { speculation, draft } = shape;
  refuseOddSpeculation(shape);
  const settings = { ...settingsFor(fit, tp), ...(speculation && { speculation }) };
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
  const served =
    draft && speculation
      ? {
          ...fit,
          model_card: withDraft(
            fit.model_card,
            bindCard({ ...draft, compute_format: fit.model_card.compute_format }, fit.accelerator),
            speculation.draftTokens,
          ),
        }
      : fit;
  const model = modelOf(served);
  const { means, prediction } = predictMeans(model, settings, loop, { predictor });
  const cached = cachedTokens(loop);
  const { sentences, doublings } = extrapolationOf(fit, { input, cached, output, concurrency, tp });
  const shown = widened(prediction, doublings);
  const wantsTails =
    shape.tails || Object.keys(shape.objectives ?? {}).some((key) => !key.includes('_mean_'));
  const bare = wantsTails ? predictTails(model, settings, loop, predictor) : null;
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
    extrapolates: [...sentences, ...(speculation ? [UNMEASURED_SPECULATION] : [])],
    doublings_outside: doublings,
    rough: means.rough,
    energy:
      doublings > MOST_DOUBLINGS
        ? null
        : predictEnergy(served, settings, loop, shown.output_tokens_per_s, 1 + doublings),
    tails,
    objectives: judgeObjectives(shape.objectives ?? {}, shown, tails),
  };
}

const UNMEASURED_SPECULATION =
  'speculative decoding: its steps are priced by the fit, the acceptance is the one that was given';

function refuseOddSpeculation({ speculation, tails, objectives = {} }: PredictionShape): void {
  if (speculation === undefined) return;
  const { draftTokens, acceptance } = speculation;
  if (!Number.isInteger(draftTokens) || draftTokens < 1 || !(acceptance >= 0 && acceptance <= 1)) {
    throw new RidgeError('speculation takes a whole number of draft tokens and an acceptance from 0 to 1');
  }
  if (tails || Object.keys(objectives).some((key) => !key.includes('_mean_'))) {
    throw new RidgeError('percentiles with speculative decoding are not predicted', {
      mend: 'Leave out the tails, or the speculation; means can be objectives.',
    });
  }
}

/** What no server would start with or take. */
function refuseImpossible(card: ModelCard, length: number, tp: number): void {
  const { id, max_length_tokens: maximum } = card;
  if (maximum !== null && length > maximum) {
    throw new RidgeError(`input and output are ${length} tokens; ${id} takes at most ${maximum}`, {
      mend: 'Use a shorter request.',
    });
  }
  requireEvenHeads(card, tp, 'tp');
}
