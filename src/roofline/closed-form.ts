import type { ModelCard } from '../model/card.ts';
import type { RooflineParameters } from './parameters.ts';
import { type PrefillChunk, stepTime } from './step.ts';

/** The engine's settings that decide how requests share steps. */
export interface EngineSettings {
  readonly tensorParallel: number;
  readonly maxNumBatchedTokens: number;
  readonly maxNumSeqs: number;
  /** KV cache capacity in tokens. */
  readonly kvCapacityTokens: number;
}

/** A closed loop of `concurrency` streams, each sending its next request when the last one finished. */
export interface ClosedLoopShape {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly concurrency: number;
  /** Time between a finished request and the arrival of the next, s; null: it arrives before the next step starts. */
  readonly turnAroundSeconds: number | null;
}

/**
 * How a real server's requests meet its steps, in steps: what the step clock alone cannot know. Both count only where
 * requests share steps, are fitted beside the parameters and are 0 for an ideal server.
 */
export interface ServingEdges {
  /** Wait of a new request for the step in progress, added to TTFT. */
  readonly ttft_wait_steps: number;
  /** Steps that a request loses between its first token and its last. */
  readonly decode_wait_steps: number;
}

export const NO_EDGES: ServingEdges = { ttft_wait_steps: 0, decode_wait_steps: 0 };

/** Steady-state means of a closed loop. */
export interface ServingMeans {
  readonly ttftSeconds: number;
  /** Null when a request has a single output token. */
  readonly tpotSeconds: number | null;
  readonly e2eSeconds: number;
  readonly outputTokensPerSecond: number;
  /** Share of TTFT that is the wait for other prompts: the least certain part of the closed form. */
  readonly queueShare: number;
  /** True where only a scheduler simulation is accurate: prefill load between 0.7 and 1, or a queue for seats or KV. */
  readonly rough: boolean;
}

/** Splits a prompt into the chunks that a token budget allows beside `decodes` running sequences. */
export function splitPrompt(inputTokens: number, budget: number): PrefillChunk[] {
  const chunks: PrefillChunk[] = [];
  for (let context = 0; context < inputTokens; context += budget) {
    const tokens = Math.min(budget, inputTokens - context);
    chunks.push({ tokens, context, completes: context + tokens === inputTokens });
  }
  return chunks;
}

/**
 * Steady-state TTFT, TPOT, E2E and throughput of a closed loop in closed form (performance-model section 4).
 * Pure; a few microseconds a call.
 */
export function closedLoopMeans(
  card: ModelCard,
  p: RooflineParameters,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  edges: ServingEdges = NO_EDGES,
): ServingMeans {
  const perRequestKv = shape.inputTokens + shape.outputTokens / 2;
  const seats = Math.max(1, Math.min(engine.maxNumSeqs, engine.kvCapacityTokens / perRequestKv));
  const running = Math.min(shape.concurrency, seats);
  // A stream is away from the engine while its request is on its way, so fewer than all of them share a step.
  const away = p.request_overhead_s + (shape.turnAroundSeconds ?? 0);
  let means = meansBesideOthers(card, p, engine, shape, edges, running, running - 1);
  for (let round = 0; round < AWAY_ROUNDS && running > 1; round += 1) {
    const cycle = running / (means.outputTokensPerSecond / shape.outputTokens);
    const others = (running - 1) * Math.max(0, 1 - away / cycle);
    means = meansBesideOthers(card, p, engine, shape, edges, running, others);
  }
  return means;
}

/** Rounds of the fixed point between how long a request stays and how many others it meets. */
const AWAY_ROUNDS = 3;

/** The means for a request that meets `others` (a real number) in the engine while `running` streams hold seats. */
function meansBesideOthers(
  card: ModelCard,
  p: RooflineParameters,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  edges: ServingEdges,
  running: number,
  others: number,
): ServingMeans {
  const { inputTokens, outputTokens, concurrency } = shape;
  const tp = engine.tensorParallel;
  const context = inputTokens + outputTokens / 2;

  const budget = Math.max(1, Math.floor(engine.maxNumBatchedTokens - others));
  const chunks = splitPrompt(inputTokens, budget);
  const promptsPerStep = Math.floor(budget / inputTokens);
  const decodeSteps = outputTokens - 1;
  const decoding = decodingOthers(others, decodeSteps, chunks.length, promptsPerStep);
  const step = (prefills: readonly PrefillChunk[], decodes: number): number =>
    stepTime(card, p, tp, { prefills, decodes, decodeContext: context }).total;
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
  const decodeStep = step([], decoding + 1) + interference(prompts);
  const tpot =
    decodeSteps < 1 ? null : decodeStep * (1 + (shared ? edges.decode_wait_steps / decodeSteps : 0));
  const wait = stepWait(others, tpot ?? prefill, shape.turnAroundSeconds);
  const ttft =
    p.request_overhead_s + prefill + queue.seconds + wait + (shared ? edges.ttft_wait_steps * decodeStep : 0);
  const residence = ttft + decodeSteps * (tpot ?? 0);
  const requestsPerSecond = running / (residence + (shape.turnAroundSeconds ?? 0));
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

/** A request that arrives after the engine began its next step waits for the rest of that step. */
function stepWait(others: number, step: number, turnAround: number | null): number {
  if (turnAround === null || others <= 0) return 0;
  return turnAround < step ? step - turnAround : step / 2;
}
