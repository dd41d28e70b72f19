import type { ModelCard } from '../model/card.ts';
import { batchMeans } from './batch-means.ts';
import type { StepBurst } from './burst-contention.ts';
import { meanOfSpread, requestsPerStream, secondsBetween } from './driving.ts';
import { AT_ONCE, type Meeting, meetOthers, type SharedEngine, type WayBack, wayBack } from './meeting.ts';
import type { RooflineParameters } from './parameters.ts';
import { seatsInKv } from './seats.ts';
import {
  type ClosedLoopShape,
  cachedTokens,
  type EngineSettings,
  NO_EDGES,
  type ServingEdges,
  type ServingMeans,
  servedWith,
} from './serving.ts';
import { decodeStepsOf } from './speculation.ts';
import { StepPricer } from './step-pricer.ts';
import { usableRoom } from './step-rules.ts';
import { AttentionWork } from './step-work.ts';

export { splitPrompt } from './meeting.ts';
export {
  type ClosedLoopShape,
  type EngineSettings,
  NO_EDGES,
  type ServingEdges,
  type ServingMeans,
} from './serving.ts';

/** A closed loop on a device. */
export interface Loop extends SharedEngine {
  readonly concurrency: number;
  readonly turnAroundSeconds: number;
  readonly requestOverhead: number;
  /** Seconds from a last token to the engine's next request; null: it is there before the next step starts. */
  readonly away: number | null;
  /** Seconds between requests that a burst's client sends at the same moment; 0 where seats are short, which hides them. */
  readonly inTurnSeconds: number;
  /** Whether a request joins the step after the next; false where seats are short, which hides it. */
  readonly plansAhead: boolean;
  readonly edges: ServingEdges;
  /** Whether requests queue for KV memory. */
  readonly kvLimited: boolean;
}

const middle = ([low, high]: readonly [number, number]): number => (low + high) / 2;

function meanInputShare(driving: ClosedLoopShape['driving']): number {
  if (driving?.kind === 'burst') return middle(driving.input_jitter);
  if (driving?.kind !== 'steady' || !driving.input_spread) return 1;
  return meanOfSpread(driving.input_spread, driving.input_lengths);
}

function loopOf(
  card: ModelCard,
  p: RooflineParameters,
  settings: EngineSettings,
  shape: ClosedLoopShape,
  edges: ServingEdges,
): Loop {
  const engine = servedWith(settings, shape);
  const { concurrency, turnAroundSeconds } = shape;
  const burst = shape.driving?.kind === 'burst' ? shape.driving : null;
  const inputTokens = Math.round(shape.inputTokens * meanInputShare(shape.driving));
  const outputTokens = burst ? shape.outputTokens * middle(burst.output_jitter) : shape.outputTokens;
  const cached = cachedTokens(shape);
  const kvSeats = seatsInKv(engine, inputTokens, outputTokens, cached);
  const streams = Math.min(concurrency, Math.max(1, Math.min(engine.maxNumSeqs, kvSeats)));
  // Behind a queue for seats the way to the engine is hidden.
  const hidden = burst !== null || turnAroundSeconds === null || concurrency > streams;
  const attention = new AttentionWork(card, engine.speculation, engine.padding);
  const decodes = attention.decodeTokens * (streams - 1);
  return {
    attention,
    pricer: new StepPricer(card, p, engine.tensorParallel, engine.speculation),
    maxNumBatchedTokens: engine.wholePrompts
      ? decodes + usableRoom(engine.maxNumBatchedTokens - decodes, inputTokens - cached, true)
      : engine.maxNumBatchedTokens,
    inputTokens,
    cachedTokens: cached,
    outputTokens,
    decodeSteps: decodeStepsOf(outputTokens, engine.speculation),
    streams,
    burst: burst && {
      rounds: requestsPerStream(burst, concurrency),
      jitterSteps: shape.outputTokens * (burst.output_jitter[1] - burst.output_jitter[0]),
      median: burst.statistic === 'median',
    },
    concurrency,
    turnAroundSeconds: burst ? 0 : (turnAroundSeconds ?? 0),
    requestOverhead: p.request_overhead_s,
    away: hidden ? null : turnAroundSeconds + p.request_overhead_s,
    inTurnSeconds: burst && concurrency <= streams ? secondsBetween(burst) : 0,
    plansAhead: engine.plansAhead === true && concurrency <= streams,
    edges,
    kvLimited: concurrency > kvSeats && engine.admission !== 'reserved',
  };
}

/**
 * TTFT, TPOT, E2E and throughput of a closed loop in closed form: steady means, or those of a burst with its start-up. It
 * counts in steps what a request meets (performance-model section 4, with the queue for prompts by mean-value analysis), then
 * prices a few kinds of steps. Pure; a few microseconds a call.
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
  return meansOf(loop, meetingOf(loop));
}

/** A closed loop, and what a request meets in it. */
export function meetLoop(...[card, p, engine, shape, edges = NO_EDGES]: Parameters<typeof closedLoopMeans>): {
  readonly loop: Loop;
  readonly meeting: Meeting;
} {
  const loop = loopOf(card, p, engine, shape, edges);
  return { loop, meeting: meetingOf(loop) };
}

function meetingOf(loop: Loop): Meeting {
  const { burst, inTurnSeconds, away } = loop;
  let meeting = meetOthers(loop, AT_ONCE);
  if (loop.streams <= 1) return meeting;
  if (burst !== null && (inTurnSeconds > 0 || loop.plansAhead)) {
    meeting = meetOthers(
      loop,
      planned(loop, meeting, inTurnSeconds > 0 ? wayBack(meeting, inTurnSeconds) : AT_ONCE),
    );
    return { ...meeting, back: backInBurst(meeting, burst) };
  }
  if (away !== null) {
    // How long a stream is away decides how many others share a step, and their steps decide how long it is away.
    for (let round = 0; round < 2; round += 1) {
      meeting = meetOthers(loop, planned(loop, meeting, wayBack(meeting, away)));
    }
  } else if (loop.plansAhead) meeting = meetOthers(loop, planned(loop, meeting, AT_ONCE));
  return meeting;
}

/** A request's way back to its first step where that is planned one step ahead. */
const planned = ({ plansAhead }: Loop, { meanStep }: Meeting, back: WayBack): WayBack =>
  plansAhead ? { ...back, steps: back.steps + 1, seconds: back.seconds + meanStep } : back;

/** After its first round a stream's next request misses the step that begins when the last one finished. */
function backInBurst({ back }: Meeting, { rounds, median }: StepBurst): WayBack {
  const later = median && rounds > 2 ? 1 : (rounds - 1) / rounds;
  return { ...back, seconds: later * back.seconds };
}

function meansOf(loop: Loop, meeting: Meeting): ServingMeans {
  const {
    concurrency,
    streams,
    outputTokens,
    decodeSteps,
    requestOverhead,
    turnAroundSeconds,
    edges,
    burst,
  } = loop;
  const shared = streams > 1;
  const stretch = shared ? 1 + edges.decode_wait_steps / Math.max(1, decodeSteps) : 1;
  const step = meeting.decodeStep * stretch;
  const tpot = outputTokens > 1 ? step * (decodeSteps / (outputTokens - 1)) : null;
  const { prefill, back, decodeStep } = meeting;
  const inEngine = prefill + back.seconds + (shared ? edges.ttft_wait_steps * decodeStep : 0);
  const decode = decodeSteps * step;
  const cycle = requestOverhead + inEngine + decode + turnAroundSeconds;
  // A seat is taken again in the next step where requests queue for it, so no way to the engine counts.
  const requestsPerSecond = Math.min(concurrency / cycle, streams / (inEngine + decode));
  const e2eSeconds = concurrency / requestsPerSecond - turnAroundSeconds;
  const ttft = e2eSeconds - decode;
  return {
    ttftSeconds: ttft,
    tpotSeconds: tpot,
    e2eSeconds,
    outputTokensPerSecond: outputTokens / (1 / requestsPerSecond + meeting.tail / concurrency),
    queueShare: meeting.queue / ttft,
    rough: meeting.rough || back.rough || loop.kvLimited || (burst !== null && concurrency > streams),
  };
}
