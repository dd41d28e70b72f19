import { burstContention, type StepBurst } from './burst-contention.ts';
import { promptContention } from './prompt-contention.ts';
import type { StepPricer } from './step-pricer.ts';
import { type AttentionWork, type PrefillChunk, type StepWork, stepWork } from './step-work.ts';

/** Splits a prompt, of which the first `cached` tokens are there already, into the chunks that a token budget allows. */
export function splitPrompt(inputTokens: number, budget: number, cached = 0): PrefillChunk[] {
  const chunks: PrefillChunk[] = [];
  for (let context = cached; context < inputTokens; context += budget) {
    const tokens = Math.min(budget, inputTokens - context);
    chunks.push({ tokens, context, completes: context + tokens === inputTokens });
  }
  return chunks;
}

/** Requests of one shape that share an engine. */
export interface SharedEngine {
  readonly attention: AttentionWork;
  readonly pricer: StepPricer;
  readonly maxNumBatchedTokens: number;
  readonly inputTokens: number;
  /** Of each prompt, in the prefix cache. */
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** Steps of a request after its first token. */
  readonly decodeSteps: number;
  /** Streams that hold a seat at a time: a real number, at least 1. */
  readonly streams: number;
  /** Null: a steady loop. */
  readonly burst: StepBurst | null;
}

/** Way of a stream's next request to its first step. */
export interface WayBack {
  /** Steps that pass meanwhile. */
  readonly steps: number;
  /** Steps whose finished requests come back together. */
  readonly bunching: number;
  /** Wait for the step in progress, s. */
  readonly seconds: number;
  /** Whether which step it joins hangs by a hair. */
  readonly rough: boolean;
}

/** The next request is there before the next step starts. */
export const AT_ONCE: WayBack = { steps: 0, bunching: 1, seconds: 0, rough: false };

/** What a request meets in the engine. */
export interface Meeting {
  /** Share of steps that hold prompts of others. */
  readonly mixed: number;
  /** Prompts of others that begin in a step, and steps that one fills. */
  readonly met: number;
  readonly size: number;
  /** Seconds of a step of the others without prompts, and of their mean one. */
  readonly pureStep: number;
  readonly meanStep: number;
  /** Seconds of a step of its own prompt, alone among decodes. */
  readonly promptStep: number;
  /** Seconds from joining a step to its first token, and what of them other prompts take. */
  readonly prefill: number;
  readonly queue: number;
  /** Seconds of the mean step of its decode. */
  readonly decodeStep: number;
  readonly back: WayBack;
  /** Seconds that a burst's last stream runs after the mean one, for each round; 0 in a steady loop. */
  readonly tail: number;
  /** Whether only a simulation of the scheduler is accurate. */
  readonly rough: boolean;
}

/** @param back how its stream came back to the engine */
export function meetOthers(shared: SharedEngine, back: WayBack): Meeting {
  const {
    attention,
    pricer,
    maxNumBatchedTokens,
    inputTokens,
    cachedTokens,
    outputTokens,
    decodeSteps,
    streams,
  } = shared;
  const computed = inputTokens - cachedTokens;
  const perDecode = attention.decodeTokens;
  const decodeContext = inputTokens + outputTokens / 2;
  // Decodes come first: the others, or as many as come through where prompts fill every step.
  const saturated = (decodeSteps * maxNumBatchedTokens) / (computed + perDecode * decodeSteps);
  const decoding = Math.min(streams - 1, saturated);
  const budget = Math.max(1, Math.floor(maxNumBatchedTokens - perDecode * decoding));
  const size = computed / budget;
  const chunks = splitPrompt(inputTokens, budget, cachedTokens);
  const loop = { streams, decodeSteps, awaySteps: back.steps, size, bunching: back.bunching };
  const startSize = computed / (maxNumBatchedTokens - (perDecode * decoding) / 3);
  const burst = shared.burst && burstContention(loop, shared.burst, startSize);
  const contention = burst ?? promptContention(loop);
  const { steps, ahead, behind, joined, decodes, met, mixed } = contention;
  // Each of the decodes stands anywhere in its output: their contexts in all lie evenly as far around the mean as one's would
  // if it grew by so many tokens.
  const work = (prefills: readonly PrefillChunk[], decoding: number): StepWork =>
    stepWork(attention, {
      prefills,
      decodes: decoding,
      decodeContext,
      kvTokensBeside: (outputTokens * Math.sqrt(decoding)) / 2,
    });
  const pureStep = decodes > 0 ? pricer.seconds(work([], decodes)) : 0;
  let alone = 0;
  for (const chunk of chunks) alone += pricer.seconds(work([chunk], decodes));
  const first = chunks[0]!;
  const last = chunks.at(-1)!;
  const one = work([first], decodes);
  const full = pricer.seconds(one);
  // A step with prompts is a fixed part and one that grows with their tokens: the line through one prompt and those met.
  const others = Math.max(1, (ahead + behind) / (size * steps));
  const fixed = full - (pricer.seconds(sumOfWork(one, work([first], 0), others)) - full) / others;
  // The last chunk may be too small for that line where it is alone; it is on it beside another prompt.
  const lone =
    chunks.length === 1
      ? 0
      : pricer.seconds(work([last], decodes)) -
        fixed -
        (pricer.seconds(sumOfWork(one, work([last], 0), 1)) - full);
  const perPrompt = alone - chunks.length * fixed - lone;
  const queue = (steps - chunks.length) * fixed + (perPrompt * (ahead + behind)) / size - joined * lone;
  // Decodes join the start-up one by one: it meets a third of them on average.
  const early = burst ? burst.startSteps * (full - pricer.seconds(work([first], decodes / 3))) : 0;
  const stretch = mixed * (fixed - pureStep) + met * (perPrompt + (1 - joined) * lone);
  const load = ((streams - 1) * size) / (decodeSteps + chunks.length);
  return {
    ...{ mixed, met, size },
    pureStep,
    meanStep: pureStep + stretch,
    promptStep: alone / chunks.length,
    prefill: alone + queue - early,
    queue: queue - early,
    decodeStep: pricer.seconds(work([], decodes + 1)) + stretch,
    back,
    tail: burst ? burst.tailSteps * pureStep : 0,
    // Near saturation, and where prompts are long against decodes, the order of requests decides.
    rough:
      (burst !== null && !burst.random) ||
      (size > 0.5 && load >= 0.7 && load < 1.3) ||
      // Which size the pieces of a prompt are padded to hangs on how many decode beside them.
      (attention.padsPrompts && size > 0.5 && streams > 1) ||
      (streams > 1 && size > 0.1 * decodeSteps * (1 - Math.min(1, load)) && load < 1.3),
  };
}

/** A step's work and `count` times that of another. */
export const sumOfWork = (a: StepWork, b: StepWork, count: number): StepWork => ({
  tokens: a.tokens + count * b.tokens,
  sampled: a.sampled + count * b.sampled,
  sequences: a.sequences + count * b.sequences,
  attentionFlop: a.attentionFlop + count * b.attentionFlop,
  attentionBytes: a.attentionBytes + count * b.attentionBytes,
});

/**
 * A request that finishes at the end of a step reaches the engine `away` seconds later, within a step, and joins the next.
 * Where a step with prompts outlasts that time, the first of them ends the way: the mean number of steps times the mean step
 * is the mean time (Wald). Else so many mean steps as cover the time; prompts among them blur how much of the last is left.
 */
export function wayBack({ mixed, pureStep, meanStep, promptStep }: Meeting, away: number): WayBack {
  if (meanStep === 0) return { steps: away / promptStep, bunching: 1, seconds: 0, rough: false };
  if (promptStep > away) {
    const plain = Math.max(1, Math.ceil(away / pureStep));
    const undisturbed = (1 - mixed) ** plain;
    const steps = mixed > 0 ? (1 - undisturbed) / mixed : plain;
    return {
      steps,
      bunching: undisturbed + (1 - undisturbed) * steps,
      seconds: Math.max(0, steps * meanStep - away),
      rough: undisturbed > 0.3 && hangsByAHair(away / pureStep),
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
    rough: sharp > 0.3 && hangsByAHair(away / meanStep),
  };
}

/** Whether a time is so close to a whole number of steps that it may end within either of two. */
const hangsByAHair = (steps: number): boolean =>
  Math.abs(steps - Math.round(steps)) < 0.03 * Math.max(1, steps);
