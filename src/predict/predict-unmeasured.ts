import type { Accelerator } from '../accelerator/accelerator.ts';
import { bindCard } from '../accelerator/peaks.ts';
import { RidgeError } from '../errors.ts';
import type { Predictor } from '../fit/cell-model.ts';
import { DEFAULT_CHOICE, derivedCapacity } from '../fit/dataset.ts';
import { expectedModel } from '../fit/family/expected-model.ts';
import { traitsOf } from '../fit/family/member.ts';
import { type FittedModel, type Prediction, predictMeans } from '../fit/predictive.ts';
import { EDGE_NAMES } from '../fit/problem.ts';
import { sensitivities } from '../fit/sensitivities.ts';
import type { Device, DeviceServer } from '../fitfile/device-schema.ts';
import type { ModelCard } from '../model/card.ts';
import { requireEvenHeads } from '../model/even-heads.ts';
import type { ClosedLoopShape, EngineSettings } from '../roofline/serving.ts';
import { studentTQuantile } from '../stats/student-t.ts';
import type { PredictionShape } from './predict.ts';

/** A model on a device that has no fit of it. */
export interface UnmeasuredServer {
  readonly device: Device;
  readonly accelerator: Accelerator;
  readonly card: ModelCard;
  /** Null: one that is not among the published fits. */
  readonly engine: string | null;
}

/** Share of a prediction's variance that a parameter is to blame for. */
export interface WidthShare {
  readonly parameter: string;
  readonly share: number;
}

export interface UnmeasuredPrediction extends Prediction {
  readonly input: number;
  readonly output: number;
  readonly concurrency: number;
  readonly tp: number;
  readonly accelerator: string;
  readonly model: string;
  readonly precision: string;
  readonly engine: string | null;
  /** Whether fits of other models on this device stand behind it; else its spec sheet and fits of other devices. */
  readonly device_measured: boolean;
  readonly settings: EngineSettings;
  /** What makes the intervals wide, most first. */
  readonly width_from: { readonly ttft_ms: readonly WidthShare[]; readonly tpot_ms: readonly WidthShare[] };
}

/** vLLM's own default. */
const SEATS = 256;

/** What is expected of the server, ready to predict with; see `narrowed` for what its first cells add. */
export function unmeasuredModel({ device, accelerator, card: model, engine }: UnmeasuredServer): FittedModel {
  const card = bindCard(model, accelerator);
  const { kind } = traitsOf(accelerator, engine ?? '', card);
  const server = serverOf(device, engine, kind);
  const least = studentTQuantile(0.95, server.degrees);
  const wide = ({ noise, interval_factors: { ttft, tpot } }: Device['predictors']['scheduler']) => ({
    noise,
    interval_factors: { ttft: Math.max(least, ttft), tpot: Math.max(least, tpot) },
  });
  const { scheduler, closed_form } = device.predictors;
  return expectedModel(server, accelerator, card, {
    scheduler: wide(scheduler),
    closed_form: wide(closed_form),
  });
}

function serverOf(device: Device, engine: string | null, kind: DeviceServer['kind']): DeviceServer {
  const found = device.servers.find((one) => one.kind === kind && one.engine === engine);
  const server = found ?? device.servers.find((one) => one.kind === kind && one.engine === null);
  if (server === undefined) throw new RidgeError(`the device file knows no ${kind} models`);
  return server;
}

/**
 * Means of a steady closed loop on a server that was never measured, engine settings as engines come, with intervals that hold
 * what is not known of it.
 * @throws RidgeError (exit 2) when a number is not whole, or the request fits neither model nor memory
 */
export function predictUnmeasured(server: UnmeasuredServer, shape: PredictionShape): UnmeasuredPrediction {
  const { input, output, concurrency, tp = 1, predictor = 'scheduler' } = shape;
  for (const [name, value] of Object.entries({ input, output, concurrency, tp })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new RidgeError(`${name} must be a whole number of 1 or more, not ${value}`);
  }
  const { accelerator, device } = server;
  const model = unmeasuredModel(server);
  const { card } = model;
  requireEvenHeads(card, tp, 'tp');
  const settings: EngineSettings = {
    tensorParallel: tp,
    maxNumBatchedTokens: DEFAULT_CHOICE.max_num_batched_tokens,
    maxNumSeqs: SEATS,
    kvCapacityTokens: Math.floor(
      derivedCapacity({ accelerator, card }, tp, DEFAULT_CHOICE.memory_utilisation),
    ),
    admission: DEFAULT_CHOICE.admission,
  };
  refuseTooLong(card, input + output, settings);
  const loop: ClosedLoopShape = {
    inputTokens: input,
    outputTokens: output,
    concurrency,
    turnAroundSeconds: null,
  };
  return {
    ...predictMeans(model, settings, loop, { predictor }).prediction,
    input,
    output,
    concurrency,
    tp,
    accelerator: accelerator.id,
    model: card.id,
    precision: card.precision,
    engine: device.servers.some(({ engine }) => engine === server.engine) ? server.engine : null,
    device_measured: device.accelerator === accelerator.id,
    settings,
    width_from: widthFrom(model, settings, loop, predictor),
  };
}

function refuseTooLong(
  { id, max_length_tokens: maximum }: ModelCard,
  length: number,
  { kvCapacityTokens, tensorParallel }: EngineSettings,
): void {
  if (maximum !== null && length > maximum) {
    throw new RidgeError(`input and output are ${length} tokens; ${id} takes at most ${maximum}`, {
      mend: 'Use a shorter request.',
    });
  }
  if (length <= kvCapacityTokens) return;
  throw new RidgeError(
    kvCapacityTokens <= 0
      ? `the weights of ${id} do not fit ${tensorParallel} devices`
      : `${length} tokens do not fit the KV cache of ${kvCapacityTokens} tokens at TP ${tensorParallel}`,
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
