import type { ModelCard } from '../model/card.ts';
import type { RooflineParameters } from './parameters.ts';
import { promptContention } from './prompt-contention.ts';
import { batchSchedule } from './scheduler/batch-schedule.ts';
import { priceSchedule } from './scheduler/price-schedule.ts';
import {
  type ClosedLoopShape,
  type EngineSettings,
  NO_EDGES,
  type ServingEdges,
  type ServingMeans,
} from './serving.ts';
import { StepPricer } from './step-pricer.ts';
import { AttentionWork, type PrefillChunk, stepWork } from './step-work.ts';

export {
  type ClosedLoopShape,
  type EngineSettings,
  NO_EDGES,
  type ServingEdges,
  type ServingMeans,
} from './serving.ts';

/** Splits a prompt into the chunks that a token budget allows beside `decodes` running sequences. */
export function splitPrompt(inputTokens: number, budget: number): PrefillChunk[] {
  const chunks: PrefillChunk[] = [];
  for (let context = 0; context < inputTokens; context += budget) {
    const tokens = Math.min(budget, inputTokens - context);
    chunks.push({ tokens, context, completes: context + tokens === inputTokens });
  }
  return chunks;
}

/** A closed loop on a device: everything that does not change while the fixed point is sought. */
interface Loop {
  readonly attention: AttentionWork;
  readonly pricer: StepPricer;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly concurrency: number;
  /** Streams that hold a seat at a time: a real number. */
  readonly streams: number;
  readonly maxNumBatchedTokens: number;
  readonly turnAroundSeconds: number;
  readonly requestOverhead: number;
  /** Seconds from a last token to the engine's next request; null: it is there before the next step starts. */
  readonly away: number | null;
  readonly edges: ServingEdges;
}

const middle = ([low, high]: readonly [number, number]): number => (low + high) / 2;

function loopOf(
  card: ModelCard,
  p: RooflineParameters,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  edges: ServingEdges,
): Loop {
  const { concurrency, turnAroundSeconds } = shape;
  const burst = shape.driving?.kind === 'burst' ? shape.driving : null;
  const inputTokens = burst ? Math.round(shape.inputTokens * middle(burst.input_jitter)) : shape.inputTokens;
  const outputTokens = burst ? shape.outputTokens * middle(burst.output_jitter) : shape.outputTokens;
  const heldKv = inputTokens + (engine.admission === 'reserved' ? outputTokens : outputTokens / 2);
  const seats = Math.max(1, Math.min(engine.maxNumSeqs, engine.kvCapacityTokens / heldKv));
  const alone = burst !== null || turnAroundSeconds === null || concurrency > seats;
  return {
    attention: new AttentionWork(card),
    pricer: new StepPricer(card, p, engine.tensorParallel),
    inputTokens,
    outputTokens,
    concurrency,
    streams: Math.min(concurrency, seats),
    maxNumBatchedTokens: engine.maxNumBatchedTokens,
    turnAroundSeconds: burst ? 0 : (turnAroundSeconds ?? 0),
    requestOverhead: p.request_overhead_s,
    // Behind a queue for seats the way to the engine is hidden.
    away: alone ? null : turnAroundSeconds + p.request_overhead_s,
    edges,
  };
}

/**
 * TTFT, TPOT, E2E and throughput of a closed loop in closed form (performance-model section 4): steady means, or those of a
 * burst with its start-up. Pure; a few microseconds a call.
 */
export function closedLoopMeans(
  card: ModelCard,
  p: RooflineParameters,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  edges: ServingEdges = NO_EDGES,
): ServingMeans {
  if (shape.driving?.kind === 'batch') return batchMeans(card, p, engine, shape);
  const loop = loopOf(card, p, engine, shape, edges);
  let met = meetOthers(loop, { steps: 0, bunching: 1, seconds: 0, rough: false });
  if (loop.away !== null && loop.streams > 1) {
    // How long a stream is away decides how many others share a step, and their steps decide how long it is away.
    for (let round = 0; round < 2; round += 1) met = meetOthers(loop, wayBack(met, loop.away));
  }
  return meansOf(loop, met);
}

/** Way of a stream's next request to its first step. */
interface WayBack {
  /** Steps that pass meanwhile. */
  readonly steps: number;
  /** Steps whose finished requests come back together. */
  readonly bunching: number;
  /** Wait for the step in progress, s. */
  readonly seconds: number;
  /** Whether which step it joins hangs by a hair. */
  readonly rough: boolean;
}

/** What a request meets in the engine, in steps and in seconds. */
interface Meeting {
  /** Share of steps that hold prompts of others. */
  readonly mixed: number;
  /** A step of the others without prompts, and their mean one. */
  readonly pureStep: number;
  readonly meanStep: number;
  /** The mean step of this request's decode. */
  readonly decodeStep: number;
  /** A step of its prompt, alone among decodes. */
  readonly promptStep: number;
  /** From joining a step to the first token. */
  readonly prefill: number;
  /** What of it is owed to other prompts. */
  readonly queue: number;
  readonly wait: number;
  readonly rough: boolean;
}

function meetOthers(loop: Loop, back: WayBack): Meeting {
  const { attention, pricer, inputTokens, outputTokens, streams } = loop;
  const decodeSteps = outputTokens - 1;
  const decodeContext = inputTokens + outputTokens / 2;
  // Decodes come first: the others, or as many as come through where prompts fill every step.
  const saturated = (decodeSteps * loop.maxNumBatchedTokens) / (inputTokens + decodeSteps);
  const budget = Math.max(1, Math.floor(loop.maxNumBatchedTokens - Math.min(streams - 1, saturated)));
  const size = inputTokens / budget;
  const chunks = splitPrompt(inputTokens, budget);
  const contention = promptContention({
    streams,
    otherSteps: decodeSteps + back.steps,
    size,
    bunching: back.bunching,
  });
  const decodes = contention.arrivals * decodeSteps;
  const step = (prefills: readonly PrefillChunk[], decoding: number): number =>
    pricer.seconds(stepWork(attention, { prefills, decodes: decoding, decodeContext }));
  const others = decodes > 0 ? step([], decodes) : 0;
  let alone = 0;
  for (const chunk of chunks) alone += step([chunk], decodes);
  const first = chunks[0]!;
  const last = chunks.at(-1)!;
  const full = step([first], decodes);
  // A step with prompts is a fixed part and one that grows with their tokens, by the line through one and two prompts.
  const fixed = 2 * full - step([first, first], decodes);
  // The last chunk may be too small for that line where it is alone; it is on it beside another prompt.
  const lone =
    chunks.length === 1 ? 0 : step([last], decodes) - fixed - (step([first, last], decodes) - full);
  const perPrompt = alone - chunks.length * fixed - lone;
  const { arrivals, ahead, behind, rounding, steps } = contention;
  const joined = rounding > 0 ? behind / rounding : 0;
  const queue = (steps - chunks.length) * fixed + (perPrompt * (ahead + behind)) / size - joined * lone;
  // The others' prompts that are neither beside this request's own nor on its way back are in its decode.
  const elsewhere = (ahead + behind) / size + arrivals * back.steps;
  const met = decodeSteps > 0 ? Math.max(0, streams - 1 - elsewhere) / decodeSteps : 0;
  const mixed =
    chunks.length === 1
      ? Math.max(met * size, (1 - Math.exp(-met * back.bunching)) / back.bunching)
      : Math.min(1, met * (chunks.length - behind));
  const stretch = mixed * (fixed - others) + met * (perPrompt + (1 - joined) * lone);
  const unhindered = ((streams - 1) * size) / (decodeSteps + chunks.length);
  return {
    mixed,
    pureStep: others,
    meanStep: others + stretch,
    decodeStep: step([], decodes + 1) + stretch,
    promptStep: alone / chunks.length,
    prefill: alone + queue,
    queue,
    wait: back.seconds,
    rough: (size > 0.5 && unhindered >= 0.7 && unhindered < 1.3) || size > 0.1 * decodeSteps || back.rough,
  };
}

/**
 * A request that finishes at the end of a step reaches the engine `away` seconds later, within a step, and joins the next.
 * Where a step with prompts outlasts that time, the first of them ends the way: the mean number of steps times the mean step
 * is the mean time (Wald). Else so many mean steps as cover the time; prompts among them blur how much of the last is left.
 */
function wayBack({ mixed, pureStep, meanStep, promptStep }: Meeting, away: number): WayBack {
  if (promptStep > away) {
    const plain = Math.max(1, Math.ceil(away / pureStep));
    const undisturbed = (1 - mixed) ** plain;
    const steps = mixed > 0 ? (1 - undisturbed) / mixed : plain;
    return {
      steps,
      bunching: undisturbed + (1 - undisturbed) * steps,
      seconds: Math.max(0, steps * meanStep - away),
      rough: undisturbed > 0.5 && hangsByAHair(away / pureStep),
    };
  }
  const covering = Math.ceil(away / meanStep);
  const variance = (mixed * (1 - mixed) * (promptStep - pureStep) ** 2) / meanStep ** 2;
  const sharp = Math.exp(-2 * Math.PI ** 2 * covering * variance);
  const blurred = ((1 + variance) * meanStep) / 2;
  const seconds = blurred + sharp * (covering * meanStep - away - meanStep / 2);
  return {
    steps: (away + seconds) / meanStep,
    bunching: 1,
    seconds,
    rough: sharp > 0.5 && hangsByAHair(away / meanStep),
  };
}

/** Whether a time is so close to a whole number of steps that it may end within either of two. */
const hangsByAHair = (steps: number): boolean =>
  Math.abs(steps - Math.round(steps)) < 0.03 * Math.max(1, steps);

function meansOf(loop: Loop, met: Meeting): ServingMeans {
  const { concurrency, streams, outputTokens, requestOverhead, turnAroundSeconds, edges } = loop;
  const decodeSteps = outputTokens - 1;
  const shared = streams > 1;
  const stretch = shared ? 1 + edges.decode_wait_steps / Math.max(1, decodeSteps) : 1;
  const tpot = decodeSteps > 0 ? met.decodeStep * stretch : null;
  const inEngine = met.prefill + met.wait + (shared ? edges.ttft_wait_steps * met.decodeStep : 0);
  const decode = decodeSteps * (tpot ?? 0);
  const cycle = requestOverhead + inEngine + decode + turnAroundSeconds;
  const requestsPerSecond = Math.min(concurrency / cycle, streams / (inEngine + decode));
  const e2eSeconds = concurrency / requestsPerSecond - turnAroundSeconds;
  const ttft = e2eSeconds - decode;
  return {
    ttftSeconds: ttft,
    tpotSeconds: tpot,
    e2eSeconds,
    outputTokensPerSecond: requestsPerSecond * outputTokens,
    queueShare: met.queue / ttft,
    rough: met.rough || concurrency > streams,
  };
}

function batchMeans(
  card: ModelCard,
  p: RooflineParameters,
  engine: EngineSettings,
  shape: ClosedLoopShape,
): ServingMeans {
  const schedule = batchSchedule(new AttentionWork(card), engine.maxNumBatchedTokens, {
    inputTokens: shape.inputTokens,
    outputTokens: shape.outputTokens,
    streams: shape.concurrency,
  });
  const { ttft, tpot, e2eSeconds } = priceSchedule(
    schedule,
    new StepPricer(card, p, engine.tensorParallel),
    p.request_overhead_s,
    { statistic: 'mean', whole: false, gradient: false },
  );
  return {
    ttftSeconds: ttft.seconds,
    tpotSeconds: tpot?.seconds ?? null,
    e2eSeconds,
    outputTokensPerSecond: (shape.concurrency * shape.outputTokens) / e2eSeconds,
    queueShare: 0,
    rough: false,
  };
}
