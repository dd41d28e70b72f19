import { RidgeError } from '../errors.ts';
import type { Predictor } from '../fit/cell-model.ts';
import { narrowed } from '../fit/family/narrow.ts';
import { type FittedModel, type Prediction, predictMeans } from '../fit/predictive.ts';
import { EDGE_NAMES } from '../fit/problem.ts';
import { sensitivities } from '../fit/sensitivities.ts';
import { type PredictedSteps, predictSteps } from '../fit/tails/predict-steps.ts';
import { type PredictedTails, predictTails } from '../fit/tails/predict-tails.ts';
import { requireEvenHeads } from '../model/even-heads.ts';
import { counted } from '../plural.ts';
import { type ClosedLoopShape, cachedTokens, type EngineSettings } from '../roofline/serving.ts';
import type { Speculation } from '../roofline/speculation.ts';
import { judgeObjectives, type PredictedObjective } from './judge-objectives.ts';
import {
  type PredictionShape,
  refuseOddSpeculation,
  refuseTooLong,
  requireShape,
  wantsTails,
  withProposer,
} from './prediction-shape.ts';
import {
  type UnmeasuredServer,
  unmeasuredDriving,
  unmeasuredModel,
  unmeasuredSettings,
} from './unmeasured-server.ts';

export { type UnmeasuredServer, unmeasuredModel };

/** Share of a prediction's variance that a parameter is to blame for. */
export interface WidthShare {
  readonly parameter: string;
  readonly share: number;
}

export interface UnmeasuredPrediction extends Prediction {
  readonly input: number;
  /** Of it, from the prefix cache: whole KV blocks. */
  readonly cached_input: number;
  readonly output: number;
  readonly concurrency: number;
  readonly tp: number;
  /** Null: every step gives a sequence one token. */
  readonly speculation: Speculation | null;
  readonly predictor: Predictor;
  readonly accelerator: string;
  readonly model: string;
  readonly precision: string;
  readonly engine: string | null;
  /** Whether fits of other models on this device stand behind it; else its spec sheet and fits of other devices. */
  readonly device_measured: boolean;
  /** Cells of the server itself that narrowed it, and what was expected before them; null: none were given. */
  readonly narrowed: { readonly cells: number; readonly before: Prediction } | null;
  /** Its cells are of a simulated endpoint: no real device. */
  readonly simulated: boolean;
  readonly settings: EngineSettings;
  /** Whether fits of the device pad steps each to other sizes, so that none are assumed; `settings.padding` has those that are. */
  readonly padding_differs: boolean;
  /** Of the closed form: true where prompts nearly saturate the server, or requests queue for seats or KV. */
  readonly rough: boolean;
  /** Percentiles, milliseconds: no cell showed how steps vary; null where they were not asked for. */
  readonly tails: PredictedTails | null;
  /** Which steps lie between two tokens; null where percentiles were not asked for, and of a single output token. */
  readonly steps: PredictedSteps | null;
  /** Every limit that was asked; empty: none. */
  readonly objectives: readonly PredictedObjective[];
  /** What makes the intervals wide, most first. */
  readonly width_from: { readonly ttft_ms: readonly WidthShare[]; readonly tpot_ms: readonly WidthShare[] };
}

/**
 * Means of a steady closed loop on a server that has no fit, engine settings as engines come (or as its first cells were served),
 * with intervals that hold what is not known of it.
 * @throws RidgeError (exit 2) when a number is not whole, or the request fits neither model nor memory
 */
export function predictUnmeasured(server: UnmeasuredServer, shape: PredictionShape): UnmeasuredPrediction {
  const { input, cachedInput = 0, output, concurrency, speculation, predictor = 'scheduler' } = shape;
  const { accelerator, device, cells = [] } = server;
  const tp = shape.tp ?? smallestSize(cells) ?? 1;
  requireShape(shape, tp);
  refuseOddSpeculation(shape);
  const expected = unmeasuredModel(server);
  const { card } = expected;
  requireEvenHeads(card, tp, 'tp');
  refuseTooLong(card, input + output);
  const settings = { ...unmeasuredSettings(server, tp), ...(speculation && { speculation }) };
  refuseTooMuch(card.id, input + output, settings);
  const loop: ClosedLoopShape = {
    inputTokens: input,
    cachedInputTokens: cachedInput,
    outputTokens: output,
    concurrency,
    ...unmeasuredDriving(cells),
  };
  const served = (model: FittedModel): FittedModel => ({
    ...model,
    card: withProposer(model.card, accelerator, shape),
  });
  const model = served(narrowed(expected, cells));
  const { means, prediction } = predictMeans(model, settings, loop, { predictor });
  const tails = wantsTails(shape) ? predictTails(model, settings, loop, predictor) : null;
  return {
    ...prediction,
    input,
    cached_input: cachedTokens(loop),
    output,
    concurrency,
    tp,
    speculation: speculation ?? null,
    predictor,
    accelerator: accelerator.id,
    model: card.id,
    precision: card.precision,
    engine: device.servers.some(({ engine }) => engine === server.engine) ? server.engine : null,
    device_measured: device.accelerator === accelerator.id,
    narrowed:
      cells.length === 0
        ? null
        : {
            cells: cells.length,
            before: predictMeans(served(expected), settings, loop, { predictor }).prediction,
          },
    simulated: server.simulated ?? false,
    settings,
    padding_differs: server.padding === 'differs',
    rough: means.rough,
    tails,
    steps: wantsTails(shape) ? predictSteps(model, settings, loop, predictor) : null,
    objectives: judgeObjectives(shape.objectives ?? {}, prediction, tails),
    width_from: widthFrom(model, settings, loop, predictor),
  };
}

const smallestSize = (cells: UnmeasuredServer['cells'] & object): number | undefined =>
  cells.map(({ engine }) => engine.tensorParallel).sort((a, b) => a - b)[0];

/** @throws RidgeError (exit 2) when one request alone, or the model, needs more memory than there is */
function refuseTooMuch(
  model: string,
  length: number,
  { kvCapacityTokens, tensorParallel }: EngineSettings,
): void {
  if (length <= kvCapacityTokens) return;
  if (kvCapacityTokens <= 0) {
    throw new RidgeError(`the weights of ${model} do not fit ${counted(tensorParallel, 'device')}`, {
      mend: 'Use a larger --tp.',
    });
  }
  throw new RidgeError(
    `${length} tokens do not fit the KV cache of ${kvCapacityTokens} tokens at TP ${tensorParallel}`,
    { mend: 'Use a shorter request or a larger --tp.' },
  );
}

/** Variance by parameter; what two of them share goes half to each. */
function widthFrom(
  model: FittedModel,
  settings: EngineSettings,
  loop: ClosedLoopShape,
  predictor: Predictor,
): UnmeasuredPrediction['width_from'] {
  const { slopes } = sensitivities(model, settings, loop, predictor);
  const names = [...model.names, ...EDGE_NAMES];
  const shares = (slope: readonly number[]): WidthShare[] => {
    const parts = names.map((parameter, i) => ({
      parameter,
      share: slope[i]! * slope.reduce((sum, each, j) => sum + each * model.covariance[i]![j]!, 0),
    }));
    const all = parts.reduce((sum, { share }) => sum + share, 0);
    return parts
      .map(({ parameter, share }) => ({ parameter, share: all === 0 ? 0 : share / all }))
      .sort((a, b) => b.share - a.share);
  };
  return { ttft_ms: shares(slopes.ttft), tpot_ms: slopes.tpot === null ? [] : shares(slopes.tpot) };
}
