import type { ModelCard } from '../../model/card.ts';
import { closedLoopMeans } from '../closed-form.ts';
import { requestsPerStream, secondsBetween } from '../driving.ts';
import type { RooflineParameters } from '../parameters.ts';
import {
  type ClosedLoopShape,
  cachedTokens,
  type EngineSettings,
  NO_EDGES,
  type ServingEdges,
  type ServingMeans,
  servedWith,
} from '../serving.ts';
import { decodeStepsOf } from '../speculation.ts';
import { StepPricer } from '../step-pricer.ts';
import { AttentionWork } from '../step-work.ts';
import { batchSchedule } from './batch-schedule.ts';
import { type PricedMetric, priceSchedule } from './price-schedule.ts';
import type { Schedule } from './schedule.ts';
import { type SimulatedLoad, simulate } from './simulate.ts';

/** What the scheduler does with a closed loop, by simulation at a device's parameters. */
export function scheduleOf(
  card: ModelCard,
  p: RooflineParameters,
  settings: EngineSettings,
  shape: ClosedLoopShape,
): Schedule {
  const engine = servedWith(settings, shape);
  const attention = new AttentionWork(card, engine.speculation, engine.padding);
  const { inputTokens, outputTokens, concurrency, driving } = shape;
  if (driving?.kind === 'batch') {
    return batchSchedule(attention, engine.maxNumBatchedTokens, {
      inputTokens,
      cachedTokens: cachedTokens(shape),
      outputTokens,
      decodeSteps: decodeStepsOf(outputTokens, engine.speculation),
      streams: concurrency,
    });
  }
  const pricer = new StepPricer(card, p, engine.tensorParallel, engine.speculation);
  return simulate(attention, pricer, engine, loadOf(card, p, engine, shape));
}

/** Any fixed number: the same draws at every point of a fit, so that differences are not noise. */
const SEED = 1;
/** Requests of a steady loop that are measured, at least and for each stream. */
const MEASURED = { alone: 16, least: 256, perStream: 4 };
const WARM_UP_ROUNDS = 2;
/** Requests of an open loop: random arrivals need more of them for the same mean. */
const OPEN = { warmUp: 50, measured: 1500 };

/** How a closed loop is driven in simulation. */
export function loadOf(
  card: ModelCard,
  p: RooflineParameters,
  engine: EngineSettings,
  shape: ClosedLoopShape,
): SimulatedLoad {
  const { inputTokens, outputTokens, concurrency: streams, driving } = shape;
  const lengths = { inputTokens, cachedTokens: cachedTokens(shape), outputTokens, streams, seed: SEED };
  if (driving?.kind === 'burst') {
    return {
      ...lengths,
      inputJitter: driving.input_jitter,
      outputJitter: driving.output_jitter,
      turnAroundSeconds: 0,
      arrivalSeconds: 0,
      intakeSeconds: secondsBetween(driving),
      releaseSeconds: 0,
      warmUpRequests: 0,
      measuredRequests: Math.round(streams * requestsPerStream(driving, streams)),
      holdsLoad: false,
    };
  }
  if (driving?.kind === 'open') {
    const { process, burstiness, rate_per_s: ratePerSecond, output_jitter: outputJitter } = driving;
    return {
      ...lengths,
      inputJitter: [1, 1],
      outputJitter,
      turnAroundSeconds: 0,
      arrivalSeconds: 0,
      releaseSeconds: 0,
      warmUpRequests: OPEN.warmUp + WARM_UP_ROUNDS * streams,
      measuredRequests: OPEN.measured,
      holdsLoad: true,
      arrivals: { process, burstiness, ratePerSecond },
    };
  }
  const residence = closedLoopMeans(card, p, engine, shape).e2eSeconds;
  return {
    ...lengths,
    inputJitter: [1, 1],
    ...spreadOf(driving),
    outputJitter: driving?.kind === 'steady' ? driving.output_jitter : [1, 1],
    turnAroundSeconds: shape.turnAroundSeconds ?? 0,
    arrivalSeconds: shape.turnAroundSeconds === null ? 0 : p.request_overhead_s,
    releaseSeconds: residence / streams,
    warmUpRequests: streams === 1 ? 1 : WARM_UP_ROUNDS * streams,
    measuredRequests: streams === 1 ? MEASURED.alone : Math.max(MEASURED.least, MEASURED.perStream * streams),
    holdsLoad: true,
  };
}

/** TTFT and TPOT with their derivatives by the log parameters, where asked for. */
export interface PricedLatencies {
  readonly ttft: PricedMetric;
  readonly tpot: PricedMetric | null;
}

/** Means (or medians, where the driving says so) of a closed loop whose schedule is known. */
function priceServing(
  schedule: Schedule,
  pricer: StepPricer,
  p: RooflineParameters,
  shape: ClosedLoopShape,
  edges: ServingEdges,
): ServingMeans {
  const burst = shape.driving?.kind === 'burst' ? shape.driving : null;
  const priced = priceSchedule(schedule, pricer, p.request_overhead_s, {
    statistic: burst ? burst.statistic : 'mean',
    whole: burst !== null,
    gradient: false,
  });
  const { ttft, tpot } = withEdges(priced, shape, edges);
  return {
    ttftSeconds: ttft.seconds,
    tpotSeconds: tpot?.seconds ?? null,
    e2eSeconds: priced.e2eSeconds + ttft.seconds - priced.ttft.seconds,
    outputTokensPerSecond: priced.outputTokensPerSecond,
    queueShare: 0,
    rough: false,
  };
}

/** The edges act on the mean decode step, as in the closed form. */
export function withEdges(
  { ttft, tpot }: PricedLatencies,
  { outputTokens, concurrency, driving }: ClosedLoopShape,
  edges: ServingEdges,
): PricedLatencies {
  if (tpot === null || concurrency <= 1 || driving?.kind === 'batch') return { ttft, tpot };
  const stretch = 1 + edges.decode_wait_steps / (outputTokens - 1);
  return {
    ttft: {
      seconds: ttft.seconds + edges.ttft_wait_steps * tpot.seconds,
      gradient: ttft.gradient.map((slope, j) => slope + edges.ttft_wait_steps * tpot.gradient[j]!),
    },
    tpot: { seconds: tpot.seconds * stretch, gradient: tpot.gradient.map((slope) => slope * stretch) },
  };
}

/** Means of a closed loop by the event-skipping scheduler (performance-model section 5); about a millisecond a call. */
export function scheduledMeans(
  card: ModelCard,
  p: RooflineParameters,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  edges: ServingEdges = NO_EDGES,
): ServingMeans {
  const pricer = new StepPricer(card, p, engine.tensorParallel, engine.speculation);
  return priceServing(scheduleOf(card, p, engine, shape), pricer, p, shape, edges);
}

function spreadOf(driving: ClosedLoopShape['driving']): Pick<SimulatedLoad, 'inputSpread' | 'inputLengths'> {
  if (driving?.kind !== 'steady' || !driving.input_spread) return {};
  const { input_spread: inputSpread, input_lengths: inputLengths } = driving;
  return { inputSpread, ...(inputLengths !== undefined && { inputLengths }) };
}
