import type { ModelCard } from '../model/card.ts';
import { countedQuantiles } from '../stats/counted-quantile.ts';
import { type BurstPhase, burstPhases } from './burst-phases.ts';
import { closedLoopMeans, meetLoop } from './closed-form.ts';
import { requestsPerStream } from './driving.ts';
import { gapTail, type StepGaps, type StepSplit, splitOf } from './gap-tail.ts';
import type { Meeting } from './meeting.ts';
import type { RooflineParameters } from './parameters.ts';
import { pacesOf } from './request-paces.ts';
import { type ClosedLoopShape, type EngineSettings, NO_EDGES, type ServingEdges } from './serving.ts';
import { gapsOfMix } from './step-mix.ts';
import {
  type BurstStart,
  type LatencyTail,
  type LatencyTails,
  NO_START,
  NO_TRAITS,
  TAIL_QUANTILES,
  type TailTraits,
} from './tails.ts';
import { burstTtft, PLACES, promptSecondsOf, steadyTtft, type TtftPart } from './ttft-parts.ts';

/** A time that varies, as equally likely values, s. */
type Values = readonly number[];

export interface FormTailOptions {
  readonly edges?: ServingEdges | undefined;
  readonly traits?: TailTraits | undefined;
  /** Of bursts only. */
  readonly start?: BurstStart | undefined;
}

/**
 * Percentiles of a closed loop in closed form, beside `closedLoopMeans`: gaps from the mix of steps, TPOT by how many prompts a
 * request happens to meet, TTFT by how many are ahead of it and when in a step it comes, and of a burst by its place in the first
 * queue. Some ten microseconds; as rough as the means where those call themselves rough. Null for batches, and for an open
 * loop, whose queue the scheduler alone knows.
 */
export function closedLoopTails(
  card: ModelCard,
  p: RooflineParameters,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  { edges = NO_EDGES, traits = NO_TRAITS, start = NO_START }: FormTailOptions = {},
): LatencyTails | null {
  const { driving } = shape;
  if (driving?.kind === 'batch' || driving?.kind === 'open') return null;
  const { tpotSeconds } = closedLoopMeans(card, p, engine, shape, edges);
  const { loop, meeting } = meetLoop(card, p, engine, shape, edges);
  const { outputTokens } = loop;
  const parts = ttftPartsOf(card, p, engine, shape, { edges, start });
  const ttft = tailOf(parts);
  if (tpotSeconds === null || outputTokens <= 1) return { ttft, e2e: ttft, tpot: null, tbt: null };
  const paces = pacesOf(loop, meeting, tpotSeconds, jitterOf(driving));
  const decode = thinned(paces.flatMap(({ steps, tpot }) => tpot.map((each) => steps * each)));
  const whole = parts.map(({ share, values }) => ({
    share,
    values: thinned(values).flatMap((first) => decode.map((rest) => first + rest)),
  }));
  return {
    ttft,
    e2e: tailOf(whole),
    tpot: tailOf([{ share: 1, values: paces.flatMap(({ tpot }) => tpot) }]),
    tbt: gapTail(
      gapsOf(meeting, burstPhases(loop, meeting.size)),
      engine.tensorParallel,
      traits,
      tpotSeconds,
    ),
  };
}

/** Which steps the gaps of a loop are, in closed form; null where `closedLoopTails` has no gaps. */
export function closedLoopSteps(
  card: ModelCard,
  p: RooflineParameters,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  { edges = NO_EDGES, traits = NO_TRAITS }: Omit<FormTailOptions, 'start'> = {},
): StepSplit | null {
  const { kind } = shape.driving ?? {};
  if (kind === 'batch' || kind === 'open' || shape.outputTokens <= 1) return null;
  const { tpotSeconds } = closedLoopMeans(card, p, engine, shape, edges);
  const { loop, meeting } = meetLoop(card, p, engine, shape, edges);
  const gaps = gapsOf(meeting, burstPhases(loop, meeting.size));
  return tpotSeconds === null ? null : splitOf(gaps, engine.tensorParallel, traits, tpotSeconds);
}

/** The mix of steps over a burst's phases: decodes alone as long as contexts have them, prompts where they come. */
function gapsOf(meeting: Meeting, phases: readonly BurstPhase[]): StepGaps {
  const promptSeconds = promptSecondsOf(meeting);
  const { met, size, decodeStep } = meeting;
  const kinds = phases.flatMap(({ share, crowded, steps }) => {
    const pureSeconds = decodeStep - promptSeconds * met;
    const mix = gapsOfMix({ pureSeconds, promptSeconds, promptsPerStep: met / crowded, size });
    const total = mix.counts.reduce((sum, count) => sum + count, 0);
    const own = Array.from(mix.counts, (count, i) => ({
      plain: mix.plain[i]!,
      prompts: mix.prompts[i]!,
      count: crowded * share * count,
    }));
    const quiet = { plain: pureSeconds, prompts: 0, count: (1 - crowded) * share * total };
    return [...own, quiet].flatMap(({ plain, prompts, count }) =>
      steps.map((step) => ({ plain: plain * step, prompts, count: count / steps.length })),
    );
  });
  return {
    plain: Float64Array.from(kinds, ({ plain }) => plain),
    prompts: Float64Array.from(kinds, ({ prompts }) => prompts),
    counts: Float64Array.from(kinds, ({ count }) => count),
  };
}

/** Output lengths as shares of their mean. */
function jitterOf(driving: ClosedLoopShape['driving']): readonly [number, number] {
  if (driving?.kind !== 'burst') return driving?.kind === 'steady' ? driving.output_jitter : [1, 1];
  const [low, high] = driving.output_jitter;
  return [(2 * low) / (low + high), (2 * high) / (low + high)];
}

function ttftPartsOf(
  card: ModelCard,
  p: RooflineParameters,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  { edges, start }: { readonly edges: ServingEdges; readonly start: BurstStart },
): TtftPart[] {
  const { driving } = shape;
  const of = (asked: ClosedLoopShape) => ({
    ...meetLoop(card, p, engine, asked, edges),
    mean: closedLoopMeans(card, p, engine, asked, edges).ttftSeconds,
  });
  if (driving?.kind !== 'burst') {
    const { mean, meeting } = of(shape);
    return steadyTtft(mean, meeting);
  }
  // The median request of three rounds or more is none of the first.
  const rounds = requestsPerStream(driving, shape.concurrency);
  const { most_requests: _, ...endless } = driving;
  const long = { ...endless, statistic: 'median', requests_per_stream: Math.max(3, rounds) } as const;
  const later = of({ ...shape, driving: long });
  return burstTtft({
    loop: { ...later.loop, burst: { ...later.loop.burst!, rounds } },
    later: later.meeting,
    laterSeconds: later.mean,
    edges,
    start,
    startIsKnown: driving.statistic === 'mean',
  });
}

/** Values evenly spread over the sorted ones, so that sums of two stay few. */
function thinned(values: Values): Values {
  const sorted = [...values].sort((a, b) => a - b);
  return PLACES.map((place) => sorted[Math.floor(place * sorted.length)]!);
}

/** As many as make the rank of a percentile smooth. */
const RANKS = 1e6;

function tailOf(parts: readonly TtftPart[]): LatencyTail {
  const values = parts.flatMap((part) => part.values);
  const counts = parts.flatMap(({ share, values }) => values.map(() => (RANKS * share) / values.length));
  const sample = { values: Float64Array.from(values), counts: Float64Array.from(counts) };
  return {
    mean: values.reduce((sum, value, i) => sum + (value * counts[i]!) / RANKS, 0),
    quantiles: countedQuantiles(sample, TAIL_QUANTILES),
  };
}
