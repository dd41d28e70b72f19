import type { Accelerator } from '../accelerator/accelerator.ts';
import { bindCard } from '../accelerator/peaks.ts';
import { RidgeError } from '../errors.ts';
import type { ModelCard } from '../model/card.ts';
import { kvCapacityTokens } from '../model/quantities.ts';
import type { EngineSettings } from '../roofline/closed-form.ts';
import type { RooflineParameters } from '../roofline/parameters.ts';
import { acceptances, type Speculation } from '../roofline/speculation.ts';
import type { StepLoad } from '../roofline/step.ts';
import { StepPricer } from '../roofline/step-pricer.ts';
import { AttentionWork, stepWork } from '../roofline/step-work.ts';
import { BUCKET_SIZES, type BucketMode, createCompileStalls } from './buckets.ts';
import { createArrivalDelay, createStepEffects, type EffectName } from './effects.ts';
import { Engine } from './engine.ts';
import { createEstimates } from './estimates.ts';
import { powerRecorder } from './power/record.ts';
import type { PowerTrace } from './power/trace.ts';
import { drawPower, type PowerTruth, scaleEnergies } from './power/truth.ts';
import { createRandom } from './random.ts';
import type { EngineRequest } from './sequence.ts';
import { drawTruth, scaleDurations } from './truth.ts';

/** A simulated accelerator (or `tensorParallel` of them) that serves one model. */
export interface SimulatedDevice {
  readonly accelerator: Accelerator;
  readonly card: ModelCard;
  /** The hidden truth, in the time that clients see. */
  readonly parameters: RooflineParameters;
  /** The hidden truth of its power, likewise. */
  readonly power: PowerTruth;
  readonly settings: EngineSettings;
  readonly blockSize: number;
  /** Longest request, prompt and output together, tokens. */
  readonly maxLengthTokens: number;
  readonly effects: readonly EffectName[];
  readonly seed: number;
  readonly timeScale: number;
  /** Static shapes, as on Gaudi; null: every size is computed as it is. */
  readonly buckets: BucketMode | null;
}

export interface DeviceOptions {
  readonly accelerator: Accelerator;
  readonly card: ModelCard;
  readonly tensorParallel?: number | undefined;
  /** Parameters that are given instead of drawn. */
  readonly parameters?: Partial<RooflineParameters> | undefined;
  readonly maxNumBatchedTokens?: number | undefined;
  readonly maxNumSeqs?: number | undefined;
  /** Speculative decoding, by the card's draft where it has one. */
  readonly speculation?: Speculation | undefined;
  readonly kvCapacityTokens?: number | undefined;
  readonly effects?: readonly EffectName[] | undefined;
  readonly seed?: number | undefined;
  /** Multiplies every duration: 0.1 is a device ten times as fast. */
  readonly timeScale?: number | undefined;
  readonly buckets?: BucketMode | null | undefined;
}

const BLOCK_SIZE = 16;

/**
 * Settles a simulated device's parameters and engine settings.
 * @throws RidgeError (exit 2) where the model does not fit or the settings contradict each other
 */
export function createDevice(options: DeviceOptions): SimulatedDevice {
  const { accelerator, seed = 1, timeScale = 1, tensorParallel = 1 } = options;
  const card = bindCard(options.card, accelerator);
  const maxNumBatchedTokens = options.maxNumBatchedTokens ?? 8192;
  const maxNumSeqs = options.maxNumSeqs ?? 256;
  if (maxNumBatchedTokens < maxNumSeqs) {
    throw new RidgeError(
      `max_num_batched_tokens (${maxNumBatchedTokens}) is below max_num_seqs (${maxNumSeqs})`,
      { mend: 'Every running sequence needs a token in each step; raise the first or lower the second.' },
    );
  }
  const capacity = options.kvCapacityTokens ?? capacityFromMemory(accelerator, card, tensorParallel);
  const kvTokens = Math.floor(capacity / BLOCK_SIZE) * BLOCK_SIZE;
  return {
    accelerator,
    card,
    parameters: scaleDurations(
      drawTruth(accelerator, card, seed, options.parameters, options.speculation !== undefined),
      timeScale,
    ),
    power: scaleEnergies(drawPower(accelerator, card, seed), timeScale),
    settings: {
      tensorParallel,
      maxNumBatchedTokens,
      maxNumSeqs,
      kvCapacityTokens: kvTokens,
      ...(options.speculation && { speculation: options.speculation }),
      ...(options.buckets && { padding: { ...BUCKET_SIZES, block_size: BLOCK_SIZE } }),
    },
    blockSize: BLOCK_SIZE,
    maxLengthTokens: Math.min(card.max_length_tokens ?? kvTokens, kvTokens),
    effects: options.effects ?? [],
    seed,
    timeScale,
    buckets: options.buckets ?? null,
  };
}

function capacityFromMemory(accelerator: Accelerator, card: ModelCard, tensorParallel: number): number {
  const tokens =
    accelerator.memory_bytes === null
      ? null
      : kvCapacityTokens(card, accelerator.memory_bytes, tensorParallel);
  if (tokens !== null && tokens >= BLOCK_SIZE) return tokens;
  throw new RidgeError(
    tokens === null
      ? `accelerator '${accelerator.id}' has no memory size in the catalogue`
      : `${card.id} does not fit ${tensorParallel} x ${accelerator.id}`,
    { mend: 'Use a larger --tp, or give --kv-capacity-tokens.' },
  );
}

/** The device's scheduler with its step times; the power of each step goes into the trace. */
export function createEngine<R extends EngineRequest>(
  device: SimulatedDevice,
  trace: PowerTrace | null = null,
): Engine<R> {
  const { card, parameters, settings, effects, seed, timeScale } = device;
  const tp = settings.tensorParallel;
  const withEffects = createStepEffects(effects, seed, timeScale);
  const { buckets } = device;
  const stalls = buckets === null ? () => 0 : createCompileStalls(buckets, timeScale);
  const { speculation, padding } = settings;
  const attention = new AttentionWork(card, speculation, padding);
  const pricer = new StepPricer(card, parameters, tp, speculation);
  const estimate = createEstimates(card, tp, attention.decodeTokens);
  const record = trace && powerRecorder(card, settings, device.power, trace);
  const engine = new Engine<R>({
    limits: { ...settings, blockSize: device.blockSize, draftTokens: speculation?.draftTokens },
    stepSeconds: (load: StepLoad) =>
      withEffects(load, pricer.parts(stepWork(attention, load))) + stalls(load),
    acceptedTokens: speculation && acceptances(speculation, createRandom(seed, 6)),
    planned: (step) => {
      estimate(engine.metrics.estimated, step);
      record?.(step);
    },
  });
  return engine;
}

/** Seconds from a request's arrival at the server until it stands in the scheduler's queue. */
export function createFrontend(device: SimulatedDevice): () => number {
  const { effects, seed, parameters } = device;
  return createArrivalDelay(effects, seed, parameters.request_overhead_s);
}
