import { probit } from 'simple-statistics';
import type { ModelCard } from '../model/card.ts';
import { countedQuantiles } from '../stats/counted-quantile.ts';
import { poissonQuantile } from '../stats/poisson.ts';
import { closedLoopMeans, meetLoop } from './closed-form.ts';
import { gapTail } from './gap-tail.ts';
import type { Meeting } from './meeting.ts';
import type { RooflineParameters } from './parameters.ts';
import { type ClosedLoopShape, type EngineSettings, NO_EDGES, type ServingEdges } from './serving.ts';
import { gapsOfMix } from './step-mix.ts';
import { type LatencyTail, type LatencyTails, NO_TRAITS, TAIL_QUANTILES, type TailTraits } from './tails.ts';

/** A time that varies, as equally likely values, s. */
type Values = readonly number[];

/** Points by which a distribution is told. */
const POINTS = 24;
const places = Array.from({ length: POINTS }, (_, i) => (i + 0.5) / POINTS);

/**
 * Percentiles of a steady closed loop in closed form, beside `closedLoopMeans`: gaps from the mix of steps, TPOT by how many
 * prompts a request happens to meet, TTFT by how many are ahead of it and when in a step it comes. Some ten microseconds; as
 * rough as the means where those call themselves rough. Null for bursts and batches, whose order decides.
 */
export function closedLoopTails(
  card: ModelCard,
  p: RooflineParameters,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  { edges = NO_EDGES, traits = NO_TRAITS }: { edges?: ServingEdges; traits?: TailTraits } = {},
): LatencyTails | null {
  const { driving, outputTokens } = shape;
  if (driving !== undefined && driving.kind !== 'steady') return null;
  const means = closedLoopMeans(card, p, engine, shape, edges);
  const { loop, meeting } = meetLoop(card, p, engine, shape, edges);
  const promptSeconds = meeting.met > 0 ? (meeting.meanStep - meeting.pureStep) / meeting.met : 0;
  const ttft = ttftValues(means.ttftSeconds, meeting, promptSeconds);
  const { tpotSeconds } = means;
  if (tpotSeconds === null || outputTokens <= 1) {
    return { ttft: tailOf(ttft), e2e: tailOf(ttft), tpot: null, tbt: null };
  }
  const jitter = driving?.output_jitter ?? ([1, 1] as const);
  const others = Math.max(0, loop.streams - 1);
  const sd = promptSeconds * Math.sqrt(others * metVariance(meeting, others, outputTokens, jitter));
  const tpot = NORMAL.map((z) => Math.max(0, tpotSeconds + (z * sd) / (outputTokens - 1)));
  const lengths = places.map((place) => outputTokens * (jitter[0] + place * (jitter[1] - jitter[0])));
  const decode = lengths.flatMap((length) => tpot.map((each) => (length - 1) * each));
  const mix = {
    pureSeconds: meeting.decodeStep - promptSeconds * meeting.met,
    promptSeconds,
    promptsPerStep: meeting.met,
    size: meeting.size,
  };
  return {
    ttft: tailOf(ttft),
    e2e: tailOf(thinned(ttft).flatMap((first) => thinned(decode).map((rest) => first + rest))),
    tpot: tailOf(tpot),
    tbt: gapTail(gapsOfMix(mix), engine.tensorParallel, traits, tpotSeconds),
  };
}

/** Prompts ahead come at random, and the wait for the step in progress is anything up to twice its mean. */
function ttftValues(mean: number, { queue, back }: Meeting, promptSeconds: number): Values {
  const ahead = promptSeconds > 0 ? queue / promptSeconds : 0;
  const rest = mean - ahead * promptSeconds - back.seconds;
  const queued = places.map((place) => promptSeconds * poissonQuantile(ahead, place));
  const spare = ahead * promptSeconds - queued.reduce((sum, each) => sum + each / POINTS, 0);
  return queued.flatMap((wait) =>
    places.map((place) => Math.max(0, rest + spare + wait + 2 * place * back.seconds)),
  );
}

/**
 * Variance of how many prompts of one other stream a request meets: between its own length and the other's cycle lies a whole
 * number of them or one more, and lengths vary.
 */
function metVariance(
  { met }: Meeting,
  others: number,
  outputTokens: number,
  [low, high]: readonly [number, number],
): number {
  if (others === 0) return 0;
  const usual = (met * (outputTokens - 1)) / others;
  const shares = places.map((place) => low + place * (high - low));
  let [within, sum, squares] = [0, 0, 0];
  for (const own of shares) {
    for (const other of shares) {
      const met = (usual * own) / other;
      const part = met - Math.floor(met);
      within += (part * (1 - part)) / own ** 2;
      sum += usual / other;
      squares += (usual / other) ** 2;
    }
  }
  const count = shares.length ** 2;
  return within / count + Math.max(0, squares / count - (sum / count) ** 2);
}

/** A standard normal as equally likely values. */
const NORMAL: Values = places.map((place) => probit(place));

/** Values evenly spread over the sorted ones, so that sums of two stay few. */
function thinned(values: Values): Values {
  const sorted = [...values].sort((a, b) => a - b);
  return places.map((place) => sorted[Math.floor(place * sorted.length)]!);
}

function tailOf(values: Values): LatencyTail {
  const sample = { values: Float64Array.from(values), counts: new Float64Array(values.length).fill(1) };
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    quantiles: countedQuantiles(sample, TAIL_QUANTILES),
  };
}
