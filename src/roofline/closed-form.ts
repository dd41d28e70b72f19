import type { ModelCard } from '../model/card.ts';
import type { RooflineParameters } from './parameters.ts';
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
  readonly engine: EngineSettings;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly concurrency: number;
  readonly turnAroundSeconds: number | null;
  readonly requestOverhead: number;
  readonly edges: ServingEdges;
  /** Requests that each stream sends, where all start at once; null: a steady loop. */
  readonly rounds: number | null;
}

const middle = ([low, high]: readonly [number, number]): number => (low + high) / 2;

function loopOf(
  card: ModelCard,
  p: RooflineParameters,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  edges: ServingEdges,
): Loop {
  const burst = shape.driving?.kind === 'burst' ? shape.driving : null;
  return {
    attention: new AttentionWork(card),
    pricer: new StepPricer(card, p, engine.tensorParallel),
    engine,
    inputTokens: burst ? Math.round(shape.inputTokens * middle(burst.input_jitter)) : shape.inputTokens,
    outputTokens: burst ? shape.outputTokens * middle(burst.output_jitter) : shape.outputTokens,
    concurrency: shape.concurrency,
    turnAroundSeconds: shape.turnAroundSeconds,
    requestOverhead: p.request_overhead_s,
    edges,
    rounds: burst ? burst.requests_per_stream : null,
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
  const heldKv = engine.admission === 'reserved' ? loop.outputTokens : loop.outputTokens / 2;
  const seats = Math.max(
    1,
    Math.min(engine.maxNumSeqs, engine.kvCapacityTokens / (loop.inputTokens + heldKv)),
  );
  const running = Math.min(shape.concurrency, seats);
  // A stream is away from the engine while its request is on its way, so fewer than all of them share a step.
  const away =
    loop.rounds === null && shape.turnAroundSeconds !== null
      ? p.request_overhead_s + shape.turnAroundSeconds
      : 0;
  let means = meansBesideOthers(loop, running, running - 1);
  for (let round = 0; round < AWAY_ROUNDS && running > 1 && away > 0; round += 1) {
    const cycle = running / (means.outputTokensPerSecond / loop.outputTokens);
    const others = (running - 1) * Math.max(0, 1 - away / cycle);
    means = meansBesideOthers(loop, running, others);
  }
  return means;
}

/** Rounds of the fixed point between how long a request stays and how many others it meets. */
const AWAY_ROUNDS = 3;

/** The means for a request that meets `others` (a real number) in the engine while `running` streams hold seats. */
function meansBesideOthers(loop: Loop, running: number, others: number): ServingMeans {
  const { attention, pricer, engine, inputTokens, outputTokens, concurrency, edges } = loop;
  const decodeContext = inputTokens + outputTokens / 2;
  const budget = Math.max(1, Math.floor(engine.maxNumBatchedTokens - others));
  const chunks = splitPrompt(inputTokens, budget);
  const promptsPerStep = Math.floor(budget / inputTokens);
  const decodeSteps = outputTokens - 1;
  const decoding = decodingOthers(others, decodeSteps, chunks.length, promptsPerStep);
  const step = (prefills: readonly PrefillChunk[], decodes: number): number =>
    pricer.seconds(stepWork(attention, { prefills, decodes, decodeContext }));
  const withoutPrefill = decoding > 0 ? step([], decoding) : 0;
  let prefill = 0;
  for (const chunk of chunks) prefill += step([chunk], decoding);
  const prompts: Prompts = {
    others,
    decodeSteps,
    chunks: chunks.length,
    perStep: promptsPerStep,
    prefill,
    marginal: prefill - chunks.length * withoutPrefill,
    secondMarginal: promptsPerStep >= 2 ? step([chunks[0]!, chunks[0]!], decoding) - prefill : 0,
  };

  const queue = prefillQueue(prompts);
  const shared = others > 0;
  const pureStep = step([], decoding + 1);
  const decodeStep = pureStep + interference(prompts);
  const tpot =
    decodeSteps <= 0 ? null : decodeStep * (1 + (shared ? edges.decode_wait_steps / decodeSteps : 0));
  const { turnAroundSeconds } = loop;
  const wait =
    turnAroundSeconds === null || loop.rounds !== null
      ? 0
      : stepWait(prompts, pureStep, turnAroundSeconds + loop.requestOverhead);
  const ttft =
    loop.requestOverhead +
    prefill +
    queue.seconds +
    wait +
    startUpWait(loop, others, prompts) +
    (shared ? edges.ttft_wait_steps * decodeStep : 0);
  const residence = ttft + decodeSteps * (tpot ?? 0);
  const requestsPerSecond = running / (residence + (loop.turnAroundSeconds ?? 0));
  const seatWait = (concurrency - running) / requestsPerSecond;
  return {
    ttftSeconds: ttft + seatWait,
    tpotSeconds: tpot,
    e2eSeconds: residence + seatWait,
    outputTokensPerSecond: requestsPerSecond * outputTokens,
    queueShare: queue.seconds / ttft,
    rough: queue.rough || seatWait > 0,
  };
}

/** Where all streams start at once, the first round of requests waits for each other's prompts; its share of the mean. */
function startUpWait(loop: Loop, others: number, prompts: Prompts): number {
  if (loop.rounds === null) return 0;
  const own = prompts.perStep >= 2 ? prompts.secondMarginal : prompts.prefill;
  return (others * own) / 2 / loop.rounds;
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

/**
 * How many of the others decode in a step: each spends `chunks` of its steps on its prompt; where prompts queue for the
 * prefill, one stream per `chunks` steps comes through.
 */
function decodingOthers(others: number, decodeSteps: number, chunks: number, promptsPerStep: number): number {
  const unhindered = (others * decodeSteps) / (decodeSteps + chunks);
  return promptsPerStep >= 2 ? unhindered : Math.min(unhindered, decodeSteps / chunks);
}

/** What the others' prompts do to a request. */
interface Prompts {
  readonly others: number;
  readonly decodeSteps: number;
  /** Steps that one prompt takes. */
  readonly chunks: number;
  /** Prompts that fit one step. */
  readonly perStep: number;
  /** Seconds of a prompt's own steps. */
  readonly prefill: number;
  /** Seconds that a prompt adds to the steps it is computed in, and that a second one adds to the same step. */
  readonly marginal: number;
  readonly secondMarginal: number;
}

/**
 * Seconds by which the others' prefills stretch one decode step, on average. Where several prompts fit a step their number
 * in it is Poisson, and the first costs less than the next ones while the weights' bytes hide it.
 */
function interference(prompts: Prompts): number {
  const { others, decodeSteps, chunks, perStep, marginal, secondMarginal } = prompts;
  const arrivals = others / (decodeSteps + chunks);
  if (perStep < 2) return Math.min(arrivals, 1 / chunks) * marginal;
  return arrivals * secondMarginal + (marginal - secondMarginal) * (1 - Math.exp(-arrivals));
}

/** Wait for other prompts: arrivals happen at step ends, so time averages (M/G/1) do not apply. */
function prefillQueue(prompts: Prompts): { seconds: number; rough: boolean } {
  const { others, decodeSteps, chunks, perStep, prefill, marginal, secondMarginal } = prompts;
  const arrivalsPerStep = others / (decodeSteps + chunks);
  if (perStep >= 2) return { seconds: arrivalsPerStep * secondMarginal, rough: false };
  const load = arrivalsPerStep * chunks;
  if (load >= 1) {
    return { seconds: Math.max(0, others * prefill - (decodeSteps * prefill) / chunks), rough: false };
  }
  const bounded = Math.min(load, 0.95);
  return { seconds: ((bounded / (1 - bounded)) * marginal) / 2, rough: load >= 0.7 };
}

/**
 * Wait for the end of the step in progress of a request that reaches the engine `away` seconds after a step's end. Among
 * equal decode steps it is what is left of the last one; where prompts make some steps long, an arrival falls into those
 * more often (the mean residual time of a renewal process).
 */
function stepWait(prompts: Prompts, decodeStep: number, away: number): number {
  const { others, decodeSteps, chunks, perStep, prefill } = prompts;
  if (others <= 0) return 0;
  const arrivals = others / (decodeSteps + chunks);
  const mixed = perStep >= 2 ? 1 - Math.exp(-arrivals) : Math.min(1, arrivals * chunks);
  const mixedStep = prefill / chunks;
  const mean = (1 - mixed) * decodeStep + mixed * mixedStep;
  const residual = ((1 - mixed) * decodeStep ** 2 + mixed * mixedStep ** 2) / (2 * mean);
  const steps = Math.ceil(away / decodeStep);
  const undisturbed = (1 - mixed) ** steps;
  return undisturbed * (steps * decodeStep - away) + (1 - undisturbed) * residual;
}
